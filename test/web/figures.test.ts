/** Sizes, times, rates and settings as texts. */

import { expect, test } from 'vitest';
import { bytesText, costText, durationText, rateText, roughText } from '../../web/src/app/figures.ts';
import { settingsMatching, valueText } from '../../web/src/settings/setting-text.ts';

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1500, '1.5 kB'],
  [999_960, '1 MB'],
  [98_362_432, '98.4 MB'],
  [200_000_000, '200 MB'],
])('%i bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test.each([
  [0.4, '0 s'],
  [59.6, '1 min'],
  [200, '3 min 20 s'],
  [754, '12 min'],
  [7500, '2 h 05 min'],
  [273_600, '3 d 4 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test('rates and sums keep the digits that say something', () => {
  expect([rateText(12.34), rateText(1234.5)]).toEqual(['12.3', '1,235']);
  expect([roughText(9999), roughText(1_234_567)]).toEqual(['9,999', '1.2M']);
  expect([costText(0), costText(0.000123), costText(1.5)]).toEqual(['$0', '$0.00012', '$1.50']);
});

const settings = [
  { name: 'port', value: 4080, source: 'flag', description: 'Port of the server.' },
  { name: 'models', value: null, source: 'default', description: 'A models.yaml file.' },
];

test('settings are found by any of their words', () => {
  expect(settingsMatching(settings, 'SERVER 40').map(({ name }) => name)).toEqual(['port']);
  expect(settingsMatching(settings, 'not set')).toHaveLength(1);
  expect(settingsMatching(settings, ' ')).toHaveLength(2);
  expect([valueText(null), valueText([1]), valueText(false)]).toEqual(['not set', '[1]', 'false']);
});

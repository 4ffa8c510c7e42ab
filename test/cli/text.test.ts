/** How text and numbers are fitted to a terminal. */

import { describe, expect, it } from 'vitest';
import { bar, bytes, clean, columns, cut, duration, nearest, pad, percent, short, table } from '../../src/cli/text.ts';

describe('clean', () => {
  it('takes escape sequences, control characters and direction overrides out of data', () => {
    expect(clean('a\u001b[31mred\u001b[0m\u0007\nb\u202ec\u009b2Jd')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(clean('one\ntwo\tthree')).toBe('one two three');
    expect(clean('Ødegård 李小龍 😀')).toBe('Ødegård 李小龍 😀');
  });
});

describe('columns', () => {
  it.each([
    ['abc', 3],
    ['李小龍', 6],
    ['e\u0301', 1],
    ['😀', 2],
    ['한글', 4],
    ['عمر', 3],
  ])('%s takes %i', (text, width) => expect(columns(text)).toBe(width));
});

describe('cut and pad', () => {
  it('never exceeds the width, wide characters included', () => {
    for (const text of ['short', 'a very long line of text', '李小龍李小龍李小龍', '😀😀😀😀😀😀'])
      for (const width of [1, 4, 5, 10]) expect(columns(cut(text, width))).toBeLessThanOrEqual(width);
  });
  it('fills up to exactly the width', () => {
    expect(columns(pad('李', 7))).toBe(7);
    expect(columns(pad('much too long for this', 7))).toBeLessThanOrEqual(7);
    expect(pad('ab', 4)).toBe('ab  ');
  });
});

describe('numbers', () => {
  it('writes durations, rates, shares and bytes short', () => {
    expect([8, 245, 7620].map((s) => duration(s))).toEqual(['8 s', '4:05 min', '2:07 h']);
    expect(duration(null)).toBe('?');
    expect([0, 0.421, 7.12, 312.4, 12_431, 3_200_000].map((n) => short(n))).toEqual([
      '0',
      '0.42',
      '7.1',
      '312',
      '12.4 k',
      '3.2 M',
    ]);
    expect(percent(0.614)).toBe('61 %');
    expect(percent(null)).toBe('?');
    expect([12, 98_362_432, 1_117_320_768].map(bytes)).toEqual(['12 B', '98 MB', '1.1 GB']);
  });
  it('fills bars to the share and never beyond', () => {
    expect(bar(0.5, 10)).toBe('█████░░░░░');
    expect(bar(2, 4)).toBe('████');
    expect(bar(-1, 4)).toBe('░░░░');
  });
});

describe('table', () => {
  it('aligns columns that hold wide characters and cuts at the width', () => {
    const lines = table(
      [
        ['NAME', 'SAYS'],
        ['李小龍', 'yes'],
        ['Bo', 'no'],
      ],
      12,
    );
    expect(lines).toEqual(['NAME    SAYS', '李小龍  yes', 'Bo      no']);
  });
});

describe('nearest', () => {
  it('finds what was meant, and nothing when nothing is near', () => {
    expect(nearest('strat', ['start', 'status', 'run'])).toBe('start');
    expect(nearest('reslts', ['results', 'retry'])).toBe('results');
    expect(nearest('xyzzy', ['start', 'run'])).toBeNull();
  });
});

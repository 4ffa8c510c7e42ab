/** The rule citations: brackets, links and quotations, and whether they lead to the sources that were given. */

import { expect, test } from 'vitest';
import { judged, verdict } from './judged.ts';

const sources = [
  {
    id: 'report',
    url: 'https://www.example.com/report/',
    text: 'Sales rose by 12 % in the second quarter, the best in years.',
  },
  { id: 'memo', url: 'http://example.org/memo?id=3#top', text: 'The memo says: costs were “flat”.' },
  'A third source, as plain text (https://example.net/wiki/Gold_(metal)).',
];
const input = { docs: sources };
const given = { input };

type Case = [parameters: object, content: string, wanted: string];

test.each<Case>([
  [{}, 'Sales rose [1], costs did not [2, 3].', 'pass'],
  [{}, 'Sales rose [1-3].', 'pass'],
  [{}, 'Sales rose [^2].', 'pass'],
  [{}, 'Sales rose【2】.', 'pass'],
  [{}, 'Sales rose [4].', 'fail'],
  [{}, 'Sales rose [0].', 'fail'],
  [{}, 'Sales rose [1, 9].', 'fail'],
  [{}, 'Sales rose [2-4].', 'fail'],
  [{}, 'Sales rose.', 'fail'],
  [{ min: 0 }, 'Sales rose.', 'pass'],
  [{ min: 2 }, 'Sales rose [1], as said [1].', 'fail'],
  [{ min: 2 }, 'Sales rose [1], as said [2].', 'pass'],
  [{}, 'Sales rose [report].', 'pass'],
  [{}, 'Sales rose [report, memo].', 'pass'],
  [{}, 'Sales rose [report, letter].', 'fail'],
  [{}, 'Sales rose [sic], see [1](https://example.com).', 'fail'],
  [{}, 'In code:\n```\nlist[1]\n```', 'fail'],
  [{}, 'Sales rose [1-9999].', 'fail'],
])('brackets %j: %s: %s', (...[parameters, content, wanted]) => {
  expect(verdict({ kind: 'citations', style: 'brackets', sources_field: 'docs', ...parameters }, content, given)).toBe(
    wanted,
  );
});

test.each<Case>([
  [{}, 'See https://example.com/report.', 'pass'],
  [{}, 'See [the memo](https://example.org/memo?id=3).', 'pass'],
  [{}, 'See (https://example.net/wiki/Gold_(metal)), it says.', 'pass'],
  [{}, 'See https://example.com/reports', 'fail'],
  [{}, 'See http://EXAMPLE.com/report/#page=2!', 'pass'],
  [{}, 'See https://example.org/memo?id=4', 'fail'],
  [{ sources_field: undefined }, 'See https://anywhere.example/x', 'pass'],
  [{ sources_field: undefined }, 'See anywhere', 'fail'],
])('links %j: %s: %s', (...[parameters, content, wanted]) => {
  expect(verdict({ kind: 'citations', style: 'urls', sources_field: 'docs', ...parameters }, content, given)).toBe(
    wanted,
  );
});

test.each<Case>([
  [{}, 'It says "sales rose by 12 %".', 'pass'],
  [{}, 'It says “Sales rose … in the second quarter”.', 'pass'],
  [{}, 'It says “in the second quarter … Sales rose”.', 'fail'],
  [{}, 'It says «costs were flat».', 'pass'],
  [{}, '> Sales rose by 12 % in the second quarter', 'pass'],
  [{}, 'It says "sales fell by 12 %".', 'fail'],
  [{}, 'The word "sales" is no passage.', 'fail'],
  [{ min: 0 }, 'The word "profit" is no passage.', 'pass'],
  // Half of one source and half of another are no passage.
  [{}, 'It says "best in years. The memo says".', 'fail'],
])('quotations %j: %s: %s', (...[parameters, content, wanted]) => {
  expect(verdict({ kind: 'citations', style: 'quotes', sources_field: 'docs', ...parameters }, content, given)).toBe(
    wanted,
  );
});

test('sources may be a list, an object by id, JSON text of either, or one text', () => {
  const rule = { kind: 'citations', style: 'brackets', sources_field: 'docs' };
  const of = (docs: unknown) => verdict(rule, 'So [b] and [2].', { input: { docs } });
  expect(of({ a: 'x', b: 'y' })).toBe('pass');
  expect(of([{ id: 'b' }, { id: 'c' }])).toBe('pass');
  expect(of('[{"id": "b"}, {"id": "c"}]')).toBe('pass');
  expect(of('one text')).toBe('fail');
  expect(verdict(rule, 'So [101].', { input: { docs: [{ id: 101 }, { id: 205 }] } })).toBe('pass');
  expect(of([])).toBe('n/a');
  expect(of(undefined)).toBe('n/a');
});

test('what leads nowhere is named', () => {
  const rule = { kind: 'citations', style: 'brackets', sources_field: 'docs' };
  expect(judged(rule, 'So [1], [7] and [9].', given)).toMatchObject({
    reason: '2 of 3 bracketed citations name no source (of 3 sources): "7", "9"',
    details: { cited: 3, unresolved: ['7', '9'] },
  });
});

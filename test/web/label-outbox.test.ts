/** Labels are sent one after the other; none is lost when the server is away, refuses, or the page ends. */

import { expect, test } from 'vitest';
import { type LabelProgress, labelOutbox, type SentLabel, type Unsaved } from '../../web/src/trust/label-outbox.ts';

const progress = (labelled: number): LabelProgress => ({ audit: { labelled, size: 9 }, picked: { labelled: 0 } });
const labelOf = (id: string, verdict: SentLabel['verdict'] = 'pass'): SentLabel => ({
  benchmark_id: 'bm_1',
  candidate_id: id,
  verdict,
  sample: 'audit',
});

function started(left: Unsaved[] = []) {
  const sent: string[] = [];
  const saved: [string, number | null][] = [];
  const waits: number[] = [];
  const kept = new Map(left.map((each) => [each.key, each]));
  /** How the next requests end; what is not said here is kept. */
  const ends: ('away' | 'refused' | 'gone' | 'held')[] = [];
  const holding: (() => void)[] = [];
  const answer = async (what: string, { candidate_id, verdict }: SentLabel) => {
    sent.push(what === 'send' ? `${candidate_id} ${verdict}` : `back ${candidate_id}`);
    const end = ends.shift();
    if (end === 'held') await new Promise<void>((resolve) => holding.push(resolve));
    else if (end !== undefined) throw new Error(end);
    return progress(sent.length);
  };
  const outbox = labelOutbox({
    left,
    send: (label) => answer('send', label),
    takeBack: (label) => answer('back', label),
    meaning: (error) => {
      const kind = (error as Error).message as 'away' | 'refused' | 'gone';
      return { problem: `it is ${kind}`, kind };
    },
    keep: (key, unsaved) => (unsaved === null ? kept.delete(key) : kept.set(key, unsaved)),
    wait: (ms) => {
      waits.push(ms);
      return ms > 3000 ? new Promise(() => {}) : Promise.resolve();
    },
    saved: ({ label }, now) => saved.push([label.candidate_id, now?.audit.labelled ?? null]),
  });
  return { outbox, sent, saved, waits, kept, ends, holding };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('labels go one after the other, and stay kept in the browser until the server has them', async () => {
  const { outbox, sent, saved, kept, ends, holding } = started();
  ends.push('held');
  outbox.add(labelOf('x'), 'X');
  outbox.add(labelOf('y', 'fail'), 'Y');
  await settled();
  expect(sent).toEqual(['x pass']);
  expect([...kept.values()].map(({ name }) => name)).toEqual(['X', 'Y']);
  holding[0]!();
  await settled();
  expect(sent).toEqual(['x pass', 'y fail']);
  expect([saved, kept.size, outbox.list()]).toEqual([
    [
      ['x', 1],
      ['y', 2],
    ],
    0,
    [],
  ]);
});

test('while the server is away the label is said again, later and later, and says why', async () => {
  const { outbox, sent, waits, saved, ends, kept } = started();
  ends.push('away', 'away', 'away');
  outbox.add(labelOf('x'), 'X');
  await settled();
  expect([sent.length, waits]).toEqual([3, [1000, 2000, 4000]]);
  expect(outbox.list()[0]).toMatchObject({ problem: 'it is away', refused: false });
  expect(kept.size).toBe(1);
  outbox.again();
  await settled();
  expect([saved, kept.size]).toEqual([[['x', 4]], 0]);
});

test('what is refused is shown, holds nothing up, and is sent again or let go only when asked', async () => {
  const { outbox, sent, saved, ends } = started();
  ends.push('refused');
  outbox.add(labelOf('x'), 'X');
  outbox.add(labelOf('y'), 'Y');
  await settled();
  expect(saved).toEqual([['y', 2]]);
  expect(outbox.list()).toMatchObject([{ name: 'X', problem: 'it is refused', refused: true }]);
  ends.push('gone');
  outbox.again();
  await settled();
  expect([sent.length, outbox.list().map(({ problem }) => problem)]).toEqual([3, ['it is gone']]);
  outbox.drop(outbox.list()[0]!.key);
  expect(outbox.list()).toEqual([]);
});

test('undo keeps an unsent label from being sent, and takes a sent one back, whether or not it had arrived', async () => {
  const { outbox, sent, saved, ends, holding } = started();
  ends.push('held');
  outbox.add(labelOf('x'), 'X');
  outbox.add(labelOf('y'), 'Y');
  outbox.undo(labelOf('y'), 'Y');
  outbox.undo(labelOf('x'), 'X');
  ends.push('gone');
  await settled();
  expect(sent).toEqual(['x pass']);
  holding[0]!();
  await settled();
  expect(sent).toEqual(['x pass', 'back x']);
  expect(saved).toEqual([
    ['x', 1],
    ['x', null],
  ]);
  expect(outbox.list()).toEqual([]);
});

test('labels of a page that was closed are sent by the next one', async () => {
  const left: Unsaved = {
    key: 'k',
    what: 'label',
    label: labelOf('x'),
    name: 'X',
    tried: true,
    problem: 'it is away',
    refused: true,
  };
  const { outbox, sent, kept } = started([left]);
  await settled();
  expect([sent, kept.size, outbox.list()]).toEqual([['x pass'], 0, []]);
});

/** The trust panel over stored judgments: labels of every source, the audit sample, corrected rates, biases and the ranking. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { annotate } from '../../../src/curate/annotate.ts';
import { query } from '../../batches/seed.ts';
import { seededRandom } from '../../harness/random.ts';
import { openPeoplePlace, type PeoplePlace } from '../people/people-place.ts';

let place: PeoplePlace;
beforeAll(async () => {
  place = await openPeoplePlace('trust_panel');
});
afterAll(() => place.end());

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const llm = (run: string, lines: object[], judge = 'judge-7b') =>
  place.judged({ benchmark_id: run, judge_type: 'llm', judge }, lines);
const cells = (confusion: { human: string; judge: string | null; n: number }[]) =>
  Object.fromEntries(confusion.map(({ human, judge, n }) => [`${human} ${judge}`, n]));

test('queue, annotations and imports: one label a person, the majority of all, and each source for itself', async () => {
  const run = await place.answered(6);
  const { id } = await llm(
    run,
    numbers(6).map((n) => ({ ordinal: n, score: n < 3 ? 9 : 2 })),
  );
  const label = (n: number, verdict: 'pass' | 'fail' | 'unsure', labeller: string) =>
    place.label({ benchmark_id: run, candidate_id: `q-${n}`, verdict, sample: 'audit', labeller });
  await label(0, 'pass', 'Ann');
  await label(1, 'fail', 'Ann');
  await label(2, 'unsure', 'Ann');
  const { rows } = {
    rows: await query<{ dataset_id: string; model_id: string }>(
      place,
      'select dataset_id, model_id from runs where run_id = $1',
      [run],
    ),
  };
  const { dataset_id: datasetId, model_id } = rows[0]!;
  const mark = (n: number, kind: 'golden' | 'wrong') =>
    annotate(place.db, 'local', { kind, datasetId, candidateId: `q-${n}`, body: { model_id } });
  await mark(0, 'wrong');
  await mark(3, 'golden');
  await mark(4, 'wrong');
  // Said of an answer that is another one now.
  await query(place, `update annotations set answer_hash = sha256('other') where item_id = 'q-4' and dataset_id = $1`, [
    datasetId,
  ]);
  const imported = await place.judged({ benchmark_id: run, judge_type: 'human' }, [
    { ordinal: 0, judge: 'Ben', pass: true },
    { ordinal: 1, judge: 'Ben', pass: false },
    { ordinal: 5, judge: 'Ben', score: 3 },
    // Ann said something else before; the newer stands.
    { ordinal: 2, judge: 'Ann', pass: true },
  ]);
  const panel = await place.trust(id);
  // 0: Ann and Ben pass, the user wrong; 1: fail; 2: pass; 3: golden; 5: a score below 7.
  expect(panel.labels).toEqual({
    n: 5,
    without_majority: 0,
    audit: expect.any(Number),
    people: ['Ann', 'Ben', 'The local user'],
    sources: [
      { labels: 'queue', name: 'queue', n: 3 },
      { labels: 'annotations', name: 'annotations', n: 2 },
      { labels: imported.id, name: 'imported: Ann, Ben', n: 4 },
    ],
  });
  expect(cells(panel.agreement.confusion)).toEqual({ 'pass pass': 2, 'fail pass': 1, 'pass fail': 1, 'fail fail': 1 });
  expect(panel.agreement.true_positive_rate).toMatchObject({ hits: 2, n: 3 });
  expect(panel.agreement.true_negative_rate).toMatchObject({ hits: 1, n: 2 });
  const queue = await place.trust(id, { labels: 'queue' });
  expect([queue.labels.n, queue.labels.without_majority, queue.agreement.n]).toEqual([2, 1, 2]);
  const marked = await place.trust(id, { labels: 'annotations' });
  expect(cells(marked.agreement.confusion)).toEqual({ 'fail pass': 1, 'pass fail': 1 });
  expect(marked.corrected_problem).toContain('picked');
  const ben = await place.trust(id, { labels: imported.id });
  expect([ben.labels.n, ben.labels.people]).toEqual([4, ['Ann', 'Ben']]);
  expect(await place.trust(id, { threshold: 1 })).toMatchObject({
    threshold: 1,
    agreement: { true_positive_rate: { hits: 3, n: 3 } },
  });
  await expect(place.trust(id, { labels: 'jr_none' })).rejects.toMatchObject({ code: 'not_found', param: 'labels' });
  await expect(place.trust(id, { judge: 'x' })).rejects.toMatchObject({ code: 'invalid_parameter', param: 'judge' });
  // A person's verdicts are held against those of the other people.
  const person = await place.trust(imported.id, { judge: 'Ben' });
  expect([person.judge, person.labels.people]).toEqual(['Ben', ['Ann', 'The local user']]);
});

test('each cell of the confusion lists exactly its rows', async () => {
  const run = await place.answered(60);
  const random = seededRandom(5);
  const { id } = await llm(
    run,
    numbers(60).map((n) =>
      n % 9 === 0 ? { ordinal: n, error: 'unusable' } : { ordinal: n, score: Math.floor(random() * 11) },
    ),
  );
  await place.judged(
    { benchmark_id: run, judge_type: 'human', judge: 'Ann' },
    numbers(50).map((n) => ({ ordinal: n, pass: random() < 0.5 })),
  );
  for (const threshold of [3, 7]) {
    const { agreement } = await place.trust(id, { threshold });
    expect(agreement.unusable).toBe(6);
    expect(agreement.confusion.reduce((sum, { n }) => sum + n, 0)).toBe(50);
    for (const { human, judge, n } of agreement.confusion) {
      const says = (judge ?? 'unusable') as 'pass';
      const asked = { judge_run_id: id, show: 'all', part: 'verdict', limit: 100, labels: 'all', threshold } as const;
      const { data } = await place.judging.judgments('local', { ...asked, human, says });
      expect([human, says, data.length]).toEqual([human, says, n]);
      for (const row of data) expect([row.human, row.error === null]).toEqual([human, judge !== null]);
      if (judge !== null) for (const row of data) expect(row.pass).toBe(judge === 'pass');
    }
    const { data } = await place.judging.judgments('local', {
      judge_run_id: id,
      show: 'all',
      part: 'verdict',
      limit: 100,
    });
    expect(data.every(({ human }) => human === null)).toBe(true);
  }
});

test('the corrected rate takes the audit sample and nothing picked, and stops where the sample has a gap', async () => {
  const run = await place.answered(200);
  const good = (n: number) => n % 4 !== 0;
  // The judge passes everything; people do not.
  const { id } = await llm(
    run,
    numbers(200).map((n) => ({ ordinal: n, score: 9, confidence: n / 200 })),
  );
  const before = await place.trust(id);
  expect([before.corrected, before.corrected_problem]).toEqual([
    null,
    'There are no labels yet; label some answers of the random sample.',
  ]);
  const say = async (sample: 'audit' | 'picked', times: number) => {
    const seen: number[] = [];
    for (let at = 0; at < times; at++) {
      const asked = { benchmark_id: run, sample, judge_run_id: id, audit_size: 40, labeller: 'Ann' };
      const { task } = await place.next(asked);
      const { candidate_id, ordinal } = task!;
      await place.label({
        benchmark_id: run,
        candidate_id,
        verdict: good(ordinal) ? 'pass' : 'fail',
        sample,
        labeller: 'Ann',
      });
      seen.push(ordinal);
    }
    return seen;
  };
  const picked = await say('picked', 30);
  const onlyPicked = await place.trust(id);
  expect([onlyPicked.agreement.n, onlyPicked.labels.audit, onlyPicked.corrected]).toEqual([30, 0, null]);
  expect(onlyPicked.corrected_problem).toContain('picked answers say nothing');
  const audit = await say('audit', 40);
  expect(audit.filter((one) => picked.includes(one))).toEqual([]);
  const { corrected, labels } = await place.trust(id);
  expect([labels.n, labels.audit]).toEqual([70, 40]);
  expect(corrected).toMatchObject({ labelled: 40, unlabelled: 160, judge_only: 1, lambda: 0 });
  expect(corrected!.rate).toBeCloseTo(audit.filter(good).length / 40, 12);
  // The eleventh is taken back: what stands behind it is no random sample any more.
  await place.takeBack({ benchmark_id: run, candidate_id: `q-${audit[10]}`, labeller: 'Ann' });
  expect((await place.trust(id)).labels.audit).toBe(10);
  // Somebody unsure keeps the sample whole, but has no label to give.
  await place.label({
    benchmark_id: run,
    candidate_id: `q-${audit[10]}`,
    verdict: 'unsure',
    sample: 'audit',
    labeller: 'Ann',
  });
  const unsure = await place.trust(id);
  expect([unsure.labels.audit, unsure.corrected!.labelled]).toEqual([39, 39]);
  expect(unsure.corrected!.warnings.join()).toContain('1 answer of the random sample has no majority');
});

test('answers without a label behind the last audit label do not come in when they were picked', async () => {
  const run = await place.answered(50);
  const { id } = await llm(
    run,
    numbers(50).map((n) => ({ ordinal: n, score: 9 })),
  );
  const task = async () => (await place.next({ benchmark_id: run, sample: 'audit', labeller: 'Ann' })).task!;
  const order: string[] = [];
  for (let at = 0; at < 12; at++) {
    const { candidate_id } = await task();
    order.push(candidate_id);
    // The last two say that they were picked.
    const sample = at < 10 ? ('audit' as const) : ('picked' as const);
    await place.label({ benchmark_id: run, candidate_id, verdict: 'pass', sample, labeller: 'Ann' });
  }
  expect((await place.trust(id)).labels).toMatchObject({ n: 12, audit: 10 });
  await place.label({ benchmark_id: run, candidate_id: order[11]!, verdict: 'pass', sample: 'audit', labeller: 'Ben' });
  expect((await place.trust(id)).labels).toMatchObject({ n: 12, audit: 12 });
});

test('a judge that guesses is no better than chance, and says so; people among themselves', async () => {
  const run = await place.answered(300);
  const random = seededRandom(12);
  const { id } = await llm(
    run,
    numbers(300).map((n) => ({ ordinal: n, score: random() < 0.5 ? 9 : 2 })),
  );
  const truth = numbers(300).map(() => random() < 0.5);
  await place.judged(
    { benchmark_id: run, judge_type: 'human' },
    ['Ann', 'Ben'].flatMap((judge) =>
      numbers(300).map((n) => ({ ordinal: n, judge, pass: judge === 'Ann' || n % 10 > 0 ? truth[n] : !truth[n] })),
    ),
  );
  const { agreement, people, labels } = await place.trust(id);
  expect(labels).toMatchObject({ n: 270, without_majority: 30 });
  expect(agreement.verdict).toMatchObject({ level: 'red', chance: true });
  expect(agreement.verdict.words).toContain('No better than chance');
  expect(people!.unanimous).toMatchObject({ hits: 270, n: 300 });
  expect(people!.kappas).toHaveLength(1);
  expect(people!.kappas[0]).toMatchObject({ a: 'Ann', b: 'Ben', n: 300 });
  expect(people!.kappas[0]!.kappa!).toBeCloseTo(0.8, 1);
  expect(people!.alpha!).toBeCloseTo(0.8, 1);
});

test('by category and by rubric version', async () => {
  const run = await place.answered(40, (n) => ({ category: n % 2 === 0 ? 'even' : 'odd' }));
  const versions: string[] = [];
  for (const [version, right] of [
    [1, 0.5],
    [2, 0.9],
  ] as const) {
    const { id } = await llm(
      run,
      numbers(40).map((n) => ({
        ordinal: n,
        score: (n % 3 === 0) === n / 40 < right ? 9 : 2,
        reasoning: `v${version}`,
      })),
    );
    await query(place, `update judge_runs set rubric_id = 'rb_x', rubric_version = $2 where judge_run_id = $1`, [
      id,
      version,
    ]);
    await query(place, 'update judgments set rubric_version = $2 where judge_run_id = $1', [id, version]);
    versions.push(id);
  }
  const panelBefore = await place.trust(versions[0]!);
  expect(panelBefore.rubric_versions).toEqual([]);
  await place.judged(
    { benchmark_id: run, judge_type: 'human', judge: 'Ann' },
    numbers(40).map((n) => ({ ordinal: n, pass: n % 3 === 0 })),
  );
  const panel = await place.trust(versions[1]!);
  expect(panel.categories.map(({ group, n }) => [group, n])).toEqual([
    ['even', 20],
    ['odd', 20],
  ]);
  expect(panel.rubric_versions.map(({ group, accuracy }) => [group, accuracy.hits, accuracy.n])).toEqual([
    ['1', 20, 40],
    ['2', 36, 40],
  ]);
});

test('biases: place in the call, length and own family where they are, none where they are not', async () => {
  const items = numbers(120);
  const dataset = await place.dataset(
    'bias.jsonl',
    items.map((n) => `{"custom_id":"b-${n}","prompt":"Bias ${n}?"}\n`).join(''),
  );
  const answered = async (modelId: string) => {
    const lines = items.map((n) => JSON.stringify({ custom_id: `b-${n}`, content: 'long '.repeat(1 + (n % 20)) }));
    return (await place.answers(`${modelId}.jsonl`, `${lines.join('\n')}\n`, { datasetId: dataset.id, modelId }))[0]!
      .id;
  };
  const [own, other] = [await answered('qwen2.5-7b'), await answered('llama-3-8b')];
  const lone = await llm(
    own,
    items.map((n) => ({ ordinal: n, score: (n * 7) % 11 })),
    'qwen-72b',
  );
  expect((await place.trust(lone.id)).biases.map(({ kind }) => kind)).toEqual(['length']);
  // It likes length, its own family, and what stands first.
  const score = (n: number, family: number) => Math.min(10, family + (n % 20) / 5 + 2 - (n % 5) / 3);
  const judged = [
    await llm(
      own,
      items.map((n) => ({ ordinal: n, score: score(n, 3) })),
      'qwen-max',
    ),
    await llm(
      other,
      items.map((n) => ({ ordinal: n, score: score(n, 0) })),
      'qwen-max',
    ),
  ];
  await query(
    place,
    `update judgments set call = ordinal / 5, position = ordinal % 5, of = 5 where judge_run_id = $1`,
    [judged[0]!.id],
  );
  await query(place, `update judge_runs set mode = 'batch' where judge_run_id = $1`, [judged[0]!.id]);
  const { biases } = await place.trust(judged[0]!.id);
  expect(biases.map(({ kind, found }) => [kind, found])).toEqual([
    ['position', true],
    ['length', true],
    ['family', true],
  ]);
  expect(biases[2]!.effect!).toBeCloseTo(3, 1);
  expect(biases[2]!.n).toBe(240);
  expect(biases[2]!.sentence).toContain("judge's own family score");
});

test('comparisons: order, undecided as a tie, own family by drawn sides, and the ranking', async () => {
  const { first, second, datasetId } = await place.pair(100, ['qwen-7b', 'llama-8b']);
  const pair = { benchmark_id: first, other_benchmark_id: second };
  const says = (n: number) => (n % 5 === 0 ? 'b' : 'a');
  const judge = await place.judged(
    { ...pair, judge_type: 'llm', judge: 'qwen-72b' },
    numbers(100).map((n) => ({ ordinal: n, preference: says(n) })),
  );
  await query(place, `update judgments set preference = 'undecided' where judge_run_id = $1 and ordinal < 10`, [
    judge.id,
  ]);
  await query(place, `update judge_runs set source = 'assay' where judge_run_id = $1`, [judge.id]);
  for (const part of ['ab', 'ba'])
    await query(
      place,
      `insert into judgments (judge_run_id, ordinal, judge, part, user_id, run_id, judge_type, preference)
       select judge_run_id, ordinal, judge, $2, user_id, run_id, judge_type,
         case when ordinal < 10 then case $2 when 'ab' then 'a' else 'b' end else preference end
       from judgments where judge_run_id = $1 and part = 'verdict'`,
      [judge.id, part],
    );
  await place.judged(
    { ...pair, judge_type: 'human', judge: 'Ann' },
    numbers(100).map((n) => ({ ordinal: n, preference: n < 10 ? 'tie' : n % 2 === 0 ? 'a' : 'b', sample: 'audit' })),
  );
  const panel = await place.trust(judge.id);
  expect(cells(panel.agreement.confusion)).toMatchObject({ 'tie tie': 10 });
  expect(panel.agreement.true_positive_rate).toBeNull();
  expect(panel.agreement.verdict.words).toContain('10 verdicts that changed with the order');
  const [order, family] = panel.biases;
  expect([order!.kind, order!.n, order!.found, order!.effect]).toEqual(['order', 100, true, 0.1]);
  expect(order!.sentence).toContain('stands first');
  expect([family!.kind, family!.n]).toEqual(['family', 100]);
  expect(family!.effect!).toBeGreaterThan(3);
  // All are labelled, so the rate is that of the labels: 45 a, 45 b, 10 ties.
  expect(panel.corrected).toMatchObject({ labelled: 100, unlabelled: 0, judge_only: (72 + 5) / 100 });
  expect(panel.corrected!.rate).toBeCloseTo(0.5, 12);
  const asked = { judge_run_id: judge.id, show: 'all', part: 'verdict', limit: 200 } as const;
  const count = async (what: object) => (await place.judging.judgments('local', { ...asked, ...what })).data.length;
  expect(await count({ labels: 'all', human: 'tie', says: 'tie' })).toBe(10);
  expect([await count({ says: 'undecided' }), await count({ says: 'a' })]).toEqual([10, 72]);

  const ranking = await place.ranking({ dataset_id: datasetId });
  expect(ranking.models.map(({ model, rank, wins, losses, ties }) => [model, rank, wins, losses, ties])).toEqual([
    ['qwen-7b', 1, 72, 18, 10],
    ['llama-8b', 2, 18, 72, 10],
  ]);
  // 77 of 100 points: the log odds, shared around 0.
  expect(ranking.models[0]!.strength).toBeCloseTo(Math.log(77 / 23) / 2, 6);
  expect(ranking).toMatchObject({ comparisons: 100, warnings: [], groups: [['llama-8b', 'qwen-7b']] });
  const byPeople = await place.ranking({ dataset_id: datasetId, judge: 'human' });
  expect(byPeople.models.map(({ strength }) => Math.abs(strength) < 1e-6)).toEqual([true, true]);
  expect((await place.ranking({ dataset_id: datasetId, judge: 'nobody' })).models).toEqual([]);
  await expect(place.ranking({ dataset_id: 'ds_none' })).rejects.toMatchObject({ code: 'not_found' });
});

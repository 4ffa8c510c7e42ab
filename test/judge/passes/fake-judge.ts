/** Replies of a fake judge to the calls of judge runs: a verdict for each id it is shown, with faults by a seed. */

import { seededRandom } from '../../../src/compare/random.ts';
import type { Behaviour, FakeRequest } from '../../harness/fake-openai.ts';

export interface JudgeFaults {
  seed: number;
  /** Shares of replies that are no JSON, of ids left out, said twice and made up, and of calls answered 429. */
  malformed?: number;
  missing?: number;
  doubled?: number;
  invented?: number;
  busy?: number;
}

/** The ids that a call asks about: the names its JSON schema demands; null when it asks about one answer alone. */
export function idsAsked(body: Record<string, unknown>): string[] | null {
  const format = body.response_format as { json_schema: { schema: { required: string[] } } };
  const { required } = format.json_schema.schema;
  return required.includes('scores') || required.includes('preferred') ? null : required;
}

/** Criteria by their names, as the schema of one verdict demands them. */
function criteriaAsked(body: Record<string, unknown>): string[] {
  const format = body.response_format as { json_schema: { schema: Record<string, unknown> } };
  const found = JSON.stringify(format.json_schema.schema).match(
    /"scores":\{"type":"object","properties":\{(.*?)\}\}?,"required":\[(.*?)\]/,
  );
  return JSON.parse(`[${found![2]}]`) as string[];
}

/** `scoreOf` gives the score of an answer by its text; what the judge sees of each id is found in the call itself. */
export function fakeJudge(
  faults: JudgeFaults,
  scoreOf: (shown: string) => number,
): (request: FakeRequest) => Behaviour {
  const random = seededRandom(faults.seed);
  const happens = (share = 0) => random() < share;
  return ({ body }) => {
    if (happens(faults.busy)) return { do: 'status', status: 429, headers: { 'retry-after': '0' } };
    if (happens(faults.malformed)) return { do: 'answer', text: '{"k7d": {"reasoning": "it is' };
    const criteria = criteriaAsked(body);
    const user = (body.messages as { content: string }[]).find((_, at) => at === 1)!.content;
    const verdict = (shown: string) => ({
      reasoning: 'Read and weighed.',
      scores: Object.fromEntries(criteria.map((name) => [name, scoreOf(shown)])),
      confidence: 0.8,
    });
    const ids = idsAsked(body);
    if (ids === null) return { do: 'answer', text: JSON.stringify(verdict(user)) };
    const parts: string[] = [];
    for (const id of ids) {
      if (happens(faults.missing)) continue;
      const said = `${JSON.stringify(id)}: ${JSON.stringify(verdict(partOf(user, id)))}`;
      parts.push(said);
      if (happens(faults.doubled)) parts.push(said);
    }
    if (happens(faults.invented)) parts.push(`"zz9zz9": ${JSON.stringify(verdict(''))}`);
    return { do: 'answer', text: `{${parts.join(', ')}}` };
  };
}

/** What stands between the first and the last mention of an id among the items. */
function partOf(text: string, id: string): string {
  const first = text.indexOf(id);
  const end = text.lastIndexOf('Give exactly one verdict');
  const items = text.slice(first, end);
  return items.slice(0, items.lastIndexOf(id));
}

/** The call that asks a model to name a cluster, from failures of it and of its neighbours. */

import type { Failure } from '../../contracts/mining.ts';
import { shownText } from '../../judge/asking/fence.ts';
import type { JudgeBody } from '../../judge/asking/rubric-words.ts';
import type { Asking } from '../../judge/asking/verdict-schema.ts';
import { LABEL_FORM, LABEL_TOKENS, type Label, labelFormat, shownLabel } from './label.ts';
import { cutMiddle, cutParts, evenShares, fenced, fencedTokens, MARKS, partsOf, roomBeside } from './shown-failures.ts';

/** What a name is made of. */
export interface ToName {
  central: Failure[];
  contrast: Failure[];
  /** A label that did badly, with failures it took that belong to others, and left that belong to the cluster. */
  earlier: { label: Label; taken: Failure[]; left: Failure[] } | null;
  /** Why the last reply could not be used. */
  fault: string | null;
  seed: string;
  asking: Asking;
}

/** With less a failure says nothing; those that would get less are left out. */
const LEAST_TOKENS = 90;
/** A call that came to nothing may have been too long for the model. */
const SHORTER = 0.6;
const FAULT_TOKENS = 60;

const SYSTEM = `You name groups of failures. A language model was given tasks, and its answers were judged wrong. You are shown failures of
one group, which are alike in some way, and some of other groups. Say what those of the group have in common and those of the others
have not. Name what goes wrong, as exactly as you can; a name that fits every failure, such as "wrong answer", is of no use.

${MARKS}

Reply with one JSON object and nothing else:
${LABEL_FORM}`;

const GROUP = 'Failures of the group:';
const OTHERS = 'Failures of other groups, which the name must not fit:';
const LEFT = 'Failures of the group that somebody who saw this label alone left out:';
const TAKEN = 'Failures of other groups that somebody who saw this label alone took in:';
const EARLIER = 'This label was tried, and told the group badly from others. Give a better one.';
const LAST = 'Name the group.';

/** Body fields that ask for a label. The call fits 4,096 tokens, its reply included. */
export function nameRequest(given: ToName): JudgeBody {
  const { earlier, fault, asking } = given;
  const said = [SYSTEM, GROUP, OTHERS, ...(earlier ? [EARLIER, LEFT, TAKEN] : []), LAST].join('\n\n');
  const room = roomBeside(said, LABEL_TOKENS) * (fault === null ? 1 : SHORTER);
  return {
    messages: [
      { role: 'system', content: SYSTEM },
      { role: 'user', content: material(given, room) },
    ],
    response_format: labelFormat(asking),
    temperature: 0,
    max_tokens: LABEL_TOKENS + (asking.thinkingTokens ?? 0),
  };
}

function material({ central, contrast, earlier, fault, seed }: ToName, room: number): string {
  const label = earlier === null ? null : shownLabel(earlier.label);
  const groups = [central, contrast, earlier?.left ?? [], earlier?.taken ?? []];
  const cut = withinRoom(groups, room - (label === null ? 0 : fencedTokens(label)));
  const texts = fenced([...cut.flat(), ...(label === null ? [] : [label])], seed).map(({ text }) => text);
  let at = 0;
  const [own, others, left, taken] = cut.map((group) => texts.slice(at, (at += group.length)));
  const under = (heading: string, list: string[] | undefined) => (list!.length === 0 ? [] : [heading, ...list!]);
  return [
    ...under(GROUP, own),
    ...under(OTHERS, others),
    ...(label === null ? [] : [EARLIER, texts.at(-1)!, ...under(LEFT, left), ...under(TAKEN, taken)]),
    LAST,
    ...(fault === null
      ? []
      : [`Your last reply could not be used: ${told(fault)}. Give one JSON object of the form asked for.`]),
  ].join('\n\n');
}

/** An engine's error is a text of others as well: one line of it, cut short. */
const told = (fault: string): string => cutMiddle(shownText(fault).replace(/\s+/g, ' '), FAULT_TOKENS);

/** The texts of all groups within the room: each group keeps its first, and loses its last ones where there is no room. */
function withinRoom(groups: Failure[][], room: number) {
  const most = Math.max(1, Math.floor(room / LEAST_TOKENS));
  const kept = evenShares(
    groups.map((group) => group.length),
    most,
  );
  const whole = groups.map((group, at) => group.slice(0, kept[at]).map(partsOf));
  const tokens = evenShares(whole.flat().map(fencedTokens), Math.floor(room));
  let at = 0;
  return whole.map((group) => group.map((parts) => cutParts(parts, tokens[at++]!)));
}

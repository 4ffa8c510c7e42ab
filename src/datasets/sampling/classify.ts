/** Puts a prompt in a category by rules: words and shapes that such prompts have. */

import type { PromptCategory } from '../../contracts/sampling.ts';

/** Characters of a long prompt that are looked at, at its beginning and at its end, where it says what it wants. */
const BEGINNING = 3000;
const END = 1000;
/** Points from which a prompt is of a category; one with fewer for all is "other". */
const ENOUGH = 2;

/** A sign of a category: a pattern, and the points it gives. */
type Sign = [points: number, pattern: RegExp];

const LANGUAGES =
  'python|javascript|typescript|java|c\\+\\+|c#|golang|rust|ruby|php|kotlin|swift|sql|html|css|bash|matlab';
const PIECES = 'program|function|method|script|query|algorithm|class|website|web ?page|app|code|regex|api|unit tests?';
const WORKS =
  'poem|haiku|limerick|sonnet|rap|song|lyrics|story|stories|tale|novel|essay|blog|post|article|e-?mail|letter|speech|' +
  'paragraph|dialogue|screenplay|monologue|slogan|headline|tagline|joke|ad|advertisement|caption|character|scene|review';

const code: Sign[] = [
  [
    4,
    /```|\bdef \w+\(|\bfunction \w*\(|#include\b|=>\s*\{|\bpublic (static|class)\b|\bselect\b[^.?]{1,200}\bfrom \w+\b[^.?]*;/,
  ],
  [
    3,
    new RegExp(
      `\\b(write|implement|develop|create|build|design|complete|refactor|debug|fix|optimi[sz]e)\\b[^.?!]{0,60}\\b(${PIECES})\\b`,
    ),
  ],
  [
    3,
    /\b(debug|refactor|compil(e|er|es|ing)|stack ?trace|syntax error|exception|leetcode|pseudo-?code|time complexity|o\((1|n|log n|n log n|n\^2)\))/,
  ],
  [2, new RegExp(`(?<![\\w+#])(${LANGUAGES})(?![\\w+#])`)],
  [1, /\b(array|linked list|binary tree|hash ?map|recursion|variable|database|git|docker|linux|json|loop)\b/],
];
const creative: Sign[] = [
  [
    4,
    new RegExp(
      `\\b(write|compose|draft|create|craft|invent|pen|generate|construct|make up|come up with)\\b[^.?!]{0,80}\\b(${WORKS})s?\\b`,
    ),
  ],
  [
    4,
    /\b(pretend|role-?play|act as|acting as|persona of|in the (voice|style) of|(assume|embrace|take on|play) the role of|you are now|from now on,? you)\b/,
  ],
  [
    3,
    /\b(imagine|picture) (yourself|you are (a|an|writing)|that you are (a|an))\b|^now you are an? |\byou are a[n]? [\w -]{3,40} and (poet|writer|comedian)\b/,
  ],
  [
    3,
    /\b(vivid|captivating|imagery|rhymes?|rhyming|fictional|creative(ly)?|in the form of a (poem|song|story)|rewrite|rephrase|proofread)\b/,
  ],
  [2, /\b(edit|correct|polish|improve) (the|this|my) (following )?(paragraph|text|sentence|essay|grammar)/],
];
const math: Sign[] = [
  [
    3,
    /\\(frac|sqrt|int|sum|times|cdot|begin\{)|\$[^$\n]*[\\^_=][^$\n]*\$|\b[a-z]\s*\^\s*\d|\b\d+[a-z]\s*[-+=]|\b[a-z]\s*[-+*/]\s*[a-z]\s*=|[fg]\(x\)/,
  ],
  [
    3,
    /\b(probability|(?<!chemical )equation|inequality|integers?|derivative|integral|polynomial|triangle|perimeter|circumference|hypotenuse|remainder|divisible|fraction|prime numbers?|matrix|logarithm|theorem|arithmetic|geometry|algebra|calculus|square root)\b/,
  ],
  [2, /\b(calculate|compute|solve|simplify|factor(ise|ize)?|evaluate)\b/],
  [
    2,
    /\b(how (many|much|old|long|far|tall|fast|heavy|often|big|large|high)|what (is|was|were|are|will be|would be|'s) (the|her|his|their|its|\w+'s) (total|sum|average|mean|difference|ratio|area|volume|value|percentage|number|cost|price|age|weight|amount))\b/,
  ],
];
/** Signs of a sum told as a story, which count only where there are numbers to work with. */
const sum: Sign[] = [
  [1, /\b(how|what|find|in total|altogether|determine|percent|percentage)\b|%/],
  [
    1,
    /[$€£]\s?\d|\b\d+(\.\d+)?\s?(%|dollars?|cents?|hours?|minutes?|days?|weeks?|miles?|km|kg|pounds?|feet|inches|times|percent|years?)|\b(twice|half|double|triple|dozen|third|quarter|each|per|every|times as)\b/,
  ],
];
const NUMBERS =
  /\b\d[\d,.]*\b|\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|half|twice|dozen)\b/g;

const reasoning: Sign[] = [
  [
    3,
    /\b(step[- ]by[- ]step|riddle|puzzle|brain ?teaser|syllogism|logical(ly)?|deduce|infer(red|ence)?|conclude|contradict\w*|premises?|true,? false,? or (uncertain|unknown)|must be true|does not belong|odd one out|cause and effect|truth-?teller|liar)\b/,
  ],
  [2, /\bif\b[^.?!]{5,160}\b(then|what|who|where|which|can|could|does|is it)\b[^.!]{0,160}\?/],
  [
    2,
    /\b(which (of the following|situation|statement|option|person|word|conclusion)|what could be the (reasons?|cause)|what is the relationship between|who is (the )?(older|taller|faster|youngest|tallest|oldest)|in (which|what) direction|the direction|your (current )?position)\b/,
  ],
  [
    2,
    /\b(brothers?|sisters?|father|mother|sons?|daughters?)\b[\s\S]{0,120}\b(brothers?|sisters?|father|mother|sons?|daughters?|relationship)\b/,
  ],
  [
    1,
    /\bwhy\b|\b(based on|according to) the\b|\breasons?\b|\bso,? where\b|\b(facing|to (your|his|her|the) (left|right))\b/,
  ],
];
const qa: Sign[] = [
  [
    4,
    /\b(extract|named entit(y|ies)|summari[sz]e|translate|classify|categori[sz]e|(analy[sz]e|evaluate|identify)( and \w+)? (the|these) (following|named|countries)|assign (them|each)|questions? (below|about the (passage|text|article)))\b/,
  ],
  [
    2,
    /^\W*(please |could you |can you |tell me |kindly )*(who|what|when|where|which|whose|why|how|is|are|was|were|do|does|did|can|could|should|has|have)\b/,
  ],
  [
    2,
    /\b(explain|describe|summari[sz]e|define|discuss|compare|outline|list|name|identify|extract|translate|classify|categori[sz]e|analy[sz]e|provide (an overview|insights|information)|share ideas|suggest|recommend|tell me|give me)\b/,
  ],
  [1, /\?\s*$|\?\s/],
];

/**
 * The category with the most points, in the order code, creative, math, reasoning, qa where they are equal; "other" for
 * one that has hardly any sign, or is not in English.
 *
 * @example classify('Write a C++ program to find the nth Fibonacci number.') // 'code'
 */
export function classify(prompt: string): PromptCategory {
  const seen = prompt.length > BEGINNING + END ? `${prompt.slice(0, BEGINNING)}\n${prompt.slice(-END)}` : prompt;
  // The patterns are in lower case: without regard to case they would take twice as long.
  const text = seen.toLowerCase();
  const story = points(text, sum);
  const numbers = text.match(NUMBERS)?.length ?? 0;
  const scores: [PromptCategory, number][] = [
    ['code', points(text, code)],
    ['creative', points(text, creative)],
    ['math', points(text, math) + (numbers >= 2 ? story : 0) + (numbers >= 3 && story > 0 ? 1 : 0)],
    ['reasoning', points(text, reasoning)],
  ];
  const [category, most] = scores.reduce((a, b) => (b[1] > a[1] ? b : a));
  // Nearly every prompt asks something: that decides only where nothing else has more signs.
  const asks = points(text, qa);
  if (Math.max(most, asks) < ENOUGH) return 'other';
  return asks > most ? 'qa' : category;
}

function points(text: string, signs: Sign[]): number {
  return signs.reduce((sum, [points, pattern]) => (pattern.test(text) ? sum + points : sum), 0);
}

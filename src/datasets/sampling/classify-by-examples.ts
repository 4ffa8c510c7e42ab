/** Puts prompts in the category whose examples they are nearest to, by an embeddings model. */

import type { PromptCategory } from '../../contracts/sampling.ts';
import { AssayError } from '../../errors.ts';

/** Vectors of `texts`, in their order, all of one length. */
export type Embed = (texts: string[]) => Promise<number[][]>;

export type ExamplePrompts = Partial<Record<PromptCategory, string[]>>;

/** Prompts as people write them, several kinds of each category. */
export const examplePrompts: ExamplePrompts = {
  math: [
    'A train travels 60 km in 45 minutes. What is its speed in km/h?',
    'Solve for x: 3x + 7 = 22.',
    'What is the probability of drawing two aces from a deck of cards?',
    'Prove that the sum of two even numbers is even.',
    'Combien font 12 pour cent de 250 ?',
  ],
  code: [
    'Write a Python function that reverses a string.',
    'Why does this loop never end? while (i < 10) { console.log(i) }',
    'How do I join two tables in SQL?',
    'Explain what this shell command does: find . -name "*.log" -delete',
    'Schreibe ein Programm, das eine CSV-Datei einliest.',
  ],
  reasoning: [
    'If all cats are animals and some animals are black, are some cats black for sure?',
    'Anna is taller than Ben, Ben is taller than Carl. Who is the shortest?',
    'A man pushes his car to a hotel and loses his fortune. What happened?',
    'Which of these four words does not belong with the others, and why?',
    'Which conclusion follows from the two statements?',
  ],
  creative: [
    'Write a poem about the sea in winter.',
    'Continue this story: the door opened, and nobody was there.',
    'Pretend to be a pirate and greet me.',
    'Give my bakery a funny name and a slogan.',
    'Écris une lettre d’amour à la lune.',
  ],
  qa: [
    'Who was the first person on the moon?',
    'Explain how vaccines work.',
    'Summarise the following article in three sentences.',
    'What are the symptoms of a cold?',
    'Was ist die Hauptstadt von Australien?',
  ],
};

/**
 * The category of each text: of the mean of its examples' vectors (each of length 1), the nearest by cosine. The
 * nearest-centroid classifier, see Manning, Raghavan, Schütze (2008), Introduction to Information Retrieval, 14.2.
 * @throws AssayError server_answered when the model gives too few vectors, or of different lengths.
 *
 * @example const rest = classifyByExamples(embed); await rest(['Wie hoch ist der Eiffelturm?']); // ['qa']
 */
export function classifyByExamples(
  embed: Embed,
  examples: ExamplePrompts = examplePrompts,
): (texts: string[]) => Promise<PromptCategory[]> {
  const named = Object.entries(examples) as [PromptCategory, string[]][];
  let centroids: Promise<Float64Array[]> | null = null;
  const learn = async () => {
    const vectors = await unitVectors(
      embed,
      named.flatMap(([, prompts]) => prompts),
    );
    let from = 0;
    return named.map(([, prompts]) => unit(sumOf(vectors.slice(from, (from += prompts.length)))));
  };
  return async (texts) => {
    if (texts.length === 0) return [];
    const means = await (centroids ??= learn());
    const vectors = await unitVectors(embed, texts);
    return vectors.map((vector) => {
      if (vector.length !== means[0]!.length)
        throw unusable(`vectors of ${vector.length} numbers, then ${means[0]!.length}`);
      const cosines = means.map((mean) => mean.reduce((sum, value, at) => sum + value * vector[at]!, 0));
      return named[cosines.indexOf(Math.max(...cosines))]![0];
    });
  };
}

async function unitVectors(embed: Embed, texts: string[]): Promise<Float64Array[]> {
  const vectors = await embed(texts);
  if (vectors.length !== texts.length) throw unusable(`${vectors.length} vectors for ${texts.length} texts`);
  return vectors.map((vector) => unit(Float64Array.from(vector)));
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

const sumOf = (vectors: Float64Array[]): Float64Array =>
  vectors[0]!.map((_, at) => vectors.reduce((sum, vector) => sum + vector[at]!, 0));

const unusable = (problem: string): AssayError =>
  new AssayError('server_answered', { status: 200, problem: `the embeddings model gave ${problem}` });

/** Turns a request's body into the text an engine reads in order (tools, then messages) and that text into its prefix key. */

/** Characters of prompt that each of a key's first steps stands for. */
export const blockChars = 256;
/** Steps a key holds at most; the last one stands for all that is left of a prompt of more than 993,096 characters. */
export const maxBlocks = 128;
/** A step grows with the characters before it once this share of them is more than `blockChars`. */
const growth = 0.05;

const ends: number[] = [0];
while (ends.length <= maxBlocks) {
  const last = ends.at(-1)!;
  ends.push(last + Math.max(blockChars, Math.floor(last * growth)));
}

/** Characters of prompt that the first `blocks` steps of a key stand for; a prompt may end before. */
export const blockEnd = (blocks: number): number => ends[blocks]!;

/** Steps of the key of a prompt of `chars` characters. */
export function blocksOf(chars: number): number {
  let blocks = Math.min(maxBlocks, Math.max(1, Math.ceil(chars / blockChars)));
  while (blocks > 1 && ends[blocks - 1]! >= chars) blocks -= 1;
  return blocks;
}

/** The prompt of a body as one text, in the order in which chat templates render it: tools, then messages. */
export function promptText(body: Record<string, unknown>): string {
  const parts: string[] = [];
  if (typeof body.instructions === 'string') parts.push(body.instructions);
  if (Array.isArray(body.tools)) parts.push(JSON.stringify(body.tools));
  if (Array.isArray(body.messages)) {
    for (const message of body.messages as { role?: string; content?: unknown; tool_calls?: unknown }[]) {
      parts.push(message?.role ?? '', asText(message?.content));
      if (message?.tool_calls !== undefined) parts.push(JSON.stringify(message.tool_calls));
    }
  }
  if (body.prompt !== undefined) parts.push(asText(body.prompt));
  if (body.input !== undefined) parts.push(asText(body.input));
  return parts.length === 1 ? parts[0]! : parts.join('\n');
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

/**
 * Four bytes for each block of the prompt (FNV-1a over its UTF-16 units), so that comparing keys byte by byte walks the
 * tree of prompts: equal beginnings stand next to each other when sorted, which is the depth-first order that is best
 * for a prefix cache (SGLang, arXiv 2312.07104, theorem 3.1).
 */
export function prefixKey(prompt: string): Buffer {
  const blocks = blocksOf(prompt.length);
  const key = Buffer.allocUnsafe(blocks * 4);
  for (let block = 0; block < blocks; block++) {
    const end = block === maxBlocks - 1 ? prompt.length : Math.min(prompt.length, blockEnd(block + 1));
    let hash = 0x811c9dc5;
    for (let at = blockEnd(block); at < end; at++) hash = Math.imul(hash ^ prompt.charCodeAt(at), 0x01000193);
    key.writeUInt32BE(hash >>> 0, block * 4);
  }
  return key;
}

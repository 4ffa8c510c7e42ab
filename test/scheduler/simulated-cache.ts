/** An engine with a paged prefix cache of limited size, as vLLM's: full blocks, kept until others need their room. */

/**
 * A cache of `blocks` blocks, worked by `inFlight` rows at a time. A block holds `blockTokens` tokens (16, as vLLM's does
 * unless told otherwise), and a token stands for `tokenChars` characters (4).
 */
export interface SimulatedCache {
  blocks: number;
  inFlight: number;
  blockTokens?: number;
  tokenChars?: number;
}

export interface CachedRow {
  text: string;
  /** Tokens of its answer, which sets how long it stays in flight. */
  answerTokens: number;
}

interface Block {
  /** Rows in flight that use it. */
  users: number;
}

export interface CacheRun {
  /** Tokens of all prompts, and of those found in the cache. */
  prompt: number;
  cached: number;
  /** Tokens found in the cache, of each row in turn. */
  cachedOf: number[];
  /** When the last row ended, in times of a token of an answer. */
  time: number;
}

/**
 * Runs rows in their order. A block is known by the text up to its end; one that a row in flight uses stays, of the others
 * the one used longest ago makes room. A row that does not find room for all its blocks runs uncached beyond them.
 */
export function simulateCache(rows: Iterable<CachedRow>, engine: SimulatedCache): CacheRun {
  const { blockTokens = 16, tokenChars = 4 } = engine;
  const used = new Map<string, Block>();
  const idle = new Map<string, Block>();
  const flying: { until: number; keys: string[] }[] = [];
  const run: CacheRun = { prompt: 0, cached: 0, cachedOf: [], time: 0 };
  let now = 0;

  const land = () => {
    flying.sort((a, b) => b.until - a.until);
    const { until, keys } = flying.pop()!;
    now = Math.max(now, until);
    // The deepest block goes first: what many prompts begin with is used last.
    for (const key of keys.toReversed()) {
      const block = used.get(key)!;
      block.users -= 1;
      if (block.users > 0) continue;
      used.delete(key);
      idle.set(key, block);
    }
  };
  const take = (key: string): boolean | null => {
    const found = used.get(key) ?? idle.get(key);
    if (found !== undefined) {
      idle.delete(key);
      used.set(key, found);
      found.users += 1;
      return true;
    }
    if (used.size + idle.size >= engine.blocks) {
      const oldest = idle.keys().next();
      if (oldest.done === true) return null;
      idle.delete(oldest.value);
    }
    used.set(key, { users: 1 });
    return false;
  };

  for (const row of rows) {
    while (flying.length >= engine.inFlight) land();
    const tokens = Math.ceil(row.text.length / tokenChars);
    const keys: string[] = [];
    let cached = 0;
    let hit = true;
    for (const key of prefixHashes(row.text, blockTokens * tokenChars)) {
      const known = take(key);
      if (known === null) break;
      keys.push(key);
      hit &&= known;
      if (hit) cached += blockTokens;
    }
    run.prompt += tokens;
    run.cached += cached;
    run.cachedOf.push(cached);
    flying.push({ until: now + (tokens - cached) * prefillCost + row.answerTokens, keys });
  }
  run.time = Math.max(now, ...flying.map(({ until }) => until));
  return run;
}

/** Time of a token of the prompt in that of a token of the answer. */
const prefillCost = 0.02;

/** The key of each full block: two FNV-1a hashes of all text up to its end. */
function prefixHashes(text: string, blockChars: number): string[] {
  const keys: string[] = [];
  let a = 0x811c9dc5;
  let b = 0xc9dc5118;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x01000197) ^ (a >>> 15);
    if ((at + 1) % blockChars === 0) keys.push(`${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`);
  }
  return keys;
}

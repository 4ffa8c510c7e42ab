/** A set of line numbers in one bit each, for what may be true of millions of a batch's rows. */

export interface LineSet {
  add(line: number): void;
  has(line: number): boolean;
  readonly size: number;
}

export function openLineSet(): LineSet {
  let bits = new Uint8Array(1024);
  let size = 0;
  return {
    add(line) {
      const at = line >>> 3;
      if (at >= bits.length) {
        const wider = new Uint8Array(Math.max(at + 1, bits.length * 2));
        wider.set(bits);
        bits = wider;
      }
      const bit = 1 << (line & 7);
      if ((bits[at]! & bit) !== 0) return;
      bits[at]! |= bit;
      size += 1;
    },
    has: (line) => ((bits[line >>> 3] ?? 0) & (1 << (line & 7))) !== 0,
    get size() {
      return size;
    },
  };
}

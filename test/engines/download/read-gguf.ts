/** Reads a GGUF file whole, with its weights as numbers, as the format is described. */

const typeNames: Record<number, 'F32' | 'Q8_0'> = { 0: 'F32', 8: 'Q8_0' };

interface ReadTensor {
  type: string;
  /** Innermost dimension first, as it is written. */
  shape: number[];
  weights: number[];
}

export interface ReadGguf {
  metadata: Record<string, unknown>;
  tensors: Record<string, ReadTensor>;
  /** Where the last tensor and what fills it up end. */
  end: number;
}

export function readGguf(bytes: Buffer): ReadGguf {
  let at = 0;
  const take = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const u32 = (): number => take(4).readUInt32LE();
  const u64 = (): number => Number(take(8).readBigUInt64LE());
  const text = (): string => take(u64()).toString('utf8');
  const value = (type: number): unknown => {
    if (type === 4) return u32();
    if (type === 5) return take(4).readInt32LE();
    if (type === 6) return take(4).readFloatLE();
    if (type === 7) return take(1)[0] === 1;
    if (type === 8) return text();
    if (type !== 9) throw new Error(`value of type ${type}`);
    const inner = u32();
    return Array.from({ length: u64() }, () => value(inner));
  };
  if (take(4).toString() !== 'GGUF' || u32() !== 3) throw new Error('no GGUF of version 3');
  const tensorCount = u64();
  const metadata = Object.fromEntries(Array.from({ length: u64() }, () => [text(), value(u32())]));
  const infos = Array.from({ length: tensorCount }, () => ({
    name: text(),
    shape: Array.from({ length: u32() }, u64),
    type: typeNames[u32()]!,
    offset: u64(),
  }));
  const start = filled(at);
  const tensors: ReadGguf['tensors'] = {};
  for (const { name, shape, type, offset } of infos) {
    at = start + offset;
    const count = shape.reduce((a, b) => a * b, 1);
    const weights =
      type === 'F32'
        ? Array.from({ length: count }, () => take(4).readFloatLE())
        : Array.from({ length: count / 32 }, () => block(take(34))).flat();
    tensors[name] = { type, shape, weights };
  }
  return { metadata, tensors, end: filled(at) };
}

const filled = (at: number): number => Math.ceil(at / 32) * 32;

/** 32 weights of Q8_0. */
function block(bytes: Buffer): number[] {
  const [scale] = new Float16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 2));
  return Array.from(bytes.subarray(2), (byte) => ((byte << 24) >> 24) * scale!);
}

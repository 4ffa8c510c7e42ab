/** Rounds weights to the types that ggml computes with, from little-endian 32-bit floats. */

export interface WeightFormat {
  /** By which GGUF tells it (ggml_type). */
  number: number;
  /** Bytes that so many weights take. */
  bytes(weights: number): number;
  encode(floats: Buffer): Buffer;
}

/** Weights that share a scale in Q8_0. */
export const BLOCK = 32;
const FLOAT_BYTES = 4;
const HALF_BYTES = 2;
const Q8_MAX = 127;

/** F32: as they are. Q8_0: blocks of 32 weights as signed bytes, each with its scale as a half before it. */
export const weightTypes = {
  F32: { number: 0, bytes: (weights) => weights * FLOAT_BYTES, encode: (floats) => floats },
  Q8_0: { number: 8, bytes: (weights) => (weights / BLOCK) * (HALF_BYTES + BLOCK), encode: blocks },
} as const satisfies Record<string, WeightFormat>;
export type WeightType = keyof typeof weightTypes;

function blocks(floats: Buffer): Buffer {
  const count = floats.length / FLOAT_BYTES / BLOCK;
  const out = Buffer.alloc(count * (HALF_BYTES + BLOCK));
  const halves = new DataView(out.buffer, out.byteOffset, out.length);
  const values = new Float64Array(BLOCK);
  for (let block = 0; block < count; block += 1) {
    let largest = 0;
    for (let i = 0; i < BLOCK; i += 1) {
      values[i] = floats.readFloatLE((block * BLOCK + i) * FLOAT_BYTES);
      largest = Math.max(largest, Math.abs(values[i]!));
    }
    const scale = largest / Q8_MAX;
    const at = block * (HALF_BYTES + BLOCK);
    halves.setFloat16(at, scale, true);
    if (scale > 0)
      for (let i = 0; i < BLOCK; i += 1) out.writeInt8(Math.round(values[i]! / scale), at + HALF_BYTES + i);
  }
  return out;
}

/** Logarithms of factorials, for probabilities whose parts overflow. */

const TABLE_SIZE = 1024;
const table = new Float64Array(TABLE_SIZE);
for (let n = 2; n < TABLE_SIZE; n++) table[n] = table[n - 1]! + Math.log(n);

/** Natural logarithm of n!: summed up to 1,023, from there by Stirling's series, to a relative error below 1e-15. */
export function logFactorial(n: number): number {
  if (n < TABLE_SIZE) return table[n]!;
  const inverse = 1 / n;
  const series = inverse / 12 - inverse ** 3 / 360 + inverse ** 5 / 1260;
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + series;
}

/** Natural logarithm of n over k. */
export function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

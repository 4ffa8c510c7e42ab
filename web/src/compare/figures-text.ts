/** Shares, coefficients, intervals and probabilities as texts. */

/** "0.69"; "undefined" has no figure. */
export function coefficient(value: number | null): string {
  return value === null ? '–' : withSign(value.toFixed(3));
}

export function interval([low, high]: readonly [number, number]): string {
  return `${withSign(low.toFixed(3))} and ${withSign(high.toFixed(3))}`;
}

export function shortInterval([low, high]: readonly [number, number]): string {
  return `${withSign(low.toFixed(2))} … ${withSign(high.toFixed(2))}`;
}

/** Of a figure from 0 to 100. */
export function percentText(percent: number): string {
  return `${percent.toFixed(1)} %`;
}

/** "p = 0.031", "p < 0.001". */
export function probability(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}

/** A true minus sign. */
const withSign = (text: string) => text.replace('-', '−');

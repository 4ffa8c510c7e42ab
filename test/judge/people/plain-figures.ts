/** Figures of agreement and of prediction-powered inference, by plain loops over the rows, to hold those of Assay against. */

/** Kappa, with its standard error by Fleiss, Cohen & Everitt (1969), doi 10.1037/h0028106. */
export function plainKappa(rows: [string, string][]): { kappa: number; error: number } {
  const values = [...new Set(rows.flat())];
  const share = (a: string, b: string) => rows.filter(([x, y]) => x === a && y === b).length / rows.length;
  const left = (a: string) => rows.filter(([x]) => x === a).length / rows.length;
  const right = (b: string) => rows.filter(([, y]) => y === b).length / rows.length;
  let [same, chance] = [0, 0];
  for (const value of values) {
    same += share(value, value);
    chance += left(value) * right(value);
  }
  const kappa = (same - chance) / (1 - chance);
  let sum = -((kappa - chance * (1 - kappa)) ** 2);
  for (const a of values)
    for (const b of values)
      sum +=
        a === b
          ? share(a, a) * (1 - (left(a) + right(a)) * (1 - kappa)) ** 2
          : (1 - kappa) ** 2 * share(a, b) * (left(b) + right(a)) ** 2;
  return { kappa, error: Math.sqrt(sum / rows.length) / (1 - chance) };
}

/** Krippendorff's alpha of labels by name, each unit with all of its labels: pairs that differ against pairs expected to. */
export function plainAlpha(units: string[][]): number {
  const given = new Map<string, number>();
  let [apart, n] = [0, 0];
  for (const unit of units) {
    n += unit.length;
    for (const [at, each] of unit.entries()) {
      given.set(each, (given.get(each) ?? 0) + 1);
      for (const [other, one] of unit.entries()) if (at !== other && each !== one) apart += 1 / (unit.length - 1);
    }
  }
  let expected = 0;
  for (const [a, of] of given) for (const [b, times] of given) if (a !== b) expected += of * times;
  return 1 - ((n - 1) * apart) / expected;
}

/** What more than half say; null without it. */
export function plainMajority(said: string[]): string | null {
  for (const one of said) {
    let times = 0;
    for (const other of said) if (other === one) times += 1;
    if (times > said.length / 2) return one;
  }
  return null;
}

/** Wilson's bounds are the shares from which the one that was seen is 1.96 standard errors away; found by halving. */
export function plainWilson(hits: number, n: number): [number, number] {
  const seen = hits / n;
  const away = (share: number) => Math.abs(seen - share) / Math.sqrt((share * (1 - share)) / n);
  const bound = (outside: number) => {
    let [inner, outer] = [seen, outside];
    for (let step = 0; step < 100; step++) {
      const middle = (inner + outer) / 2;
      if (away(middle) < 1.959963984540054) inner = middle;
      else outer = middle;
    }
    return inner;
  };
  return [bound(0), bound(1)];
}

/** PPI++ by the formulas of arXiv 2311.01453, with lambda as ppi_py has it: y labels, f the judge of them, u of the others. */
export function plainPpi(
  y: number[],
  f: number[],
  u: number[],
): { value: number; ci: [number, number]; lambda: number } {
  const mean = (list: number[]) => {
    let sum = 0;
    for (const each of list) sum += each;
    return sum / list.length;
  };
  const squares = (list: number[]) => {
    const middle = mean(list);
    let sum = 0;
    for (const each of list) sum += (each - middle) ** 2;
    return sum;
  };
  const [meanY, meanF] = [mean(y), mean(f)];
  let together = 0;
  for (let at = 0; at < y.length; at++) together += (y[at]! - meanY) * (f[at]! - meanF);
  const spread = squares([...f, ...u]) / (f.length + u.length - 1);
  const lambda = Math.min(1, Math.max(0, together / y.length / ((1 + y.length / u.length) * spread)));
  const rest = y.map((each, at) => each - lambda * f[at]!);
  const value = lambda * mean(u) + mean(rest);
  const half =
    1.959963984540054 * Math.sqrt((lambda ** 2 * squares(u)) / u.length ** 2 + squares(rest) / rest.length ** 2);
  return { value, ci: [value - half, value + half], lambda };
}

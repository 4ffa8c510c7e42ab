/** Reads the quantity that a text ends in: its last number with per cent sign or unit, "1 h 30 min" as one. */

import { lastNumberIn } from '../../compare/numeric-answer.ts';

export interface Quantity {
  /** In the base unit of its kind (m, g, s, l), or as it stands where there is no unit or an unknown one. */
  value: number;
  /** As it stands. */
  figure: number;
  kind: 'length' | 'mass' | 'time' | 'volume' | 'percent' | null;
}

type UnitKind = Exclude<Quantity['kind'], 'percent' | null>;

/** How many base units a unit is, and what it is called in English. `m` is a metre, never a minute. */
const UNITS: [kind: UnitKind, size: number, names: string][] = [
  ['length', 1e-3, 'mm millimeter millimeters millimetre millimetres'],
  ['length', 1e-2, 'cm centimeter centimeters centimetre centimetres'],
  ['length', 1, 'm meter meters metre metres'],
  ['length', 1e3, 'km kilometer kilometers kilometre kilometres'],
  ['mass', 1e-3, 'mg milligram milligrams'],
  ['mass', 1, 'g gram grams'],
  ['mass', 1e3, 'kg kilo kilos kilogram kilograms'],
  ['mass', 1e6, 't tonne tonnes'],
  ['time', 1e-3, 'ms millisecond milliseconds'],
  ['time', 1, 's sec secs second seconds'],
  ['time', 60, 'min mins minute minutes'],
  ['time', 3600, 'h hr hrs hour hours'],
  ['time', 86_400, 'd day days'],
  ['volume', 1e-3, 'ml milliliter milliliters millilitre millilitres'],
  ['volume', 1, 'l liter liters litre litres'],
];
const unitByName = new Map(
  UNITS.flatMap(([kind, size, names]) => names.split(' ').map((name) => [name, { kind, size }] as const)),
);
/** A unit right behind a number; not the first half of km/h, km² or m^2. */
const UNIT = /^[\s\u00a0\u202f-]?([a-z]{1,12})(?![\p{L}\d]|\s?[/^\u00b2\u00b3\u00b7*])/iu;
const PERCENT = /^[\s\u00a0\u202f]?(?:%|\uff05|percent\b|per cent\b)/i;
/** What may stand between the parts of one quantity. */
const BETWEEN = /^(?:\s|,|\band\b)*$/;

/** The quantity of the last number of `text`, or null when it has none. */
export function lastQuantity(text: string): Quantity | null {
  const number = lastNumberIn(text);
  if (number === null) return null;
  const figure = number.value;
  const behind = text.slice(number.to, number.to + 40);
  if (PERCENT.test(behind)) return { value: figure, figure, kind: 'percent' };
  const unit = unitByName.get(UNIT.exec(behind)?.[1]?.toLowerCase() ?? '');
  if (unit === undefined) return { value: figure, figure, kind: null };
  const larger = figure < 0 ? 0 : largerParts(text.slice(0, number.from), unit);
  return { value: joined(larger, figure * unit.size), figure, kind: unit.kind };
}

/** Base units of the parts right before one in `unit`, each in a larger unit than the one after it. */
function largerParts(text: string, unit: { kind: UnitKind; size: number }): number {
  const number = lastNumberIn(text);
  if (number === null) return 0;
  const behind = text.slice(number.to);
  const named = UNIT.exec(behind);
  const larger = unitByName.get(named?.[1]?.toLowerCase() ?? '');
  if (larger === undefined || larger.kind !== unit.kind || larger.size <= unit.size) return 0;
  if (!BETWEEN.test(behind.slice(named![0].length))) return 0;
  const before = number.value < 0 ? 0 : largerParts(text.slice(0, number.from), larger);
  return joined(before, number.value * larger.size);
}

/** The sign of the first part is that of the whole: -1 h 30 min is -90 min. */
function joined(larger: number, smaller: number): number {
  return larger < 0 ? larger - smaller : larger + smaller;
}

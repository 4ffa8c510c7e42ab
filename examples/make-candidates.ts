/** Makes examples/candidates.csv: 200 invented candidates, the same bytes each time. Run: node examples/make-candidates.ts */

import { writeFileSync } from 'node:fs';
import {
  changerNotes,
  cities,
  companyStems,
  contradictions,
  generalDuties,
  generalWins,
  middlingNotes,
  names,
  schools,
  strongNotes,
  type Trade,
  trades,
  weakNotes,
} from './candidate-words.ts';

const SEED = 20_250_611;
const COUNT = 200;
/** The first ones are for a first look on a slow machine: no long histories among them. */
const SHORT_FIRST = 16;
const NOW = 2025;

const categories = ['strong', 'middling', 'weak', 'contradictory', 'career_changer'] as const;
type Category = (typeof categories)[number];

const columns = [
  'id',
  'name',
  'current_role',
  'current_company',
  'location',
  'years_experience',
  'education',
  'skills',
  'history',
  'notes',
  'category',
] as const;

type Candidate = Record<(typeof columns)[number], string>;

interface Job {
  from: number;
  to: number | null;
  title: string;
  company: string;
  city: string;
  trade: Trade;
}

/** A source of chance; the same seed gives the same numbers (mulberry32 by Tommy Ettinger, public domain). */
interface Chance {
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
  some<T>(from: readonly T[], count: number): T[];
  happens(share: number): boolean;
}

function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    pick: (from) => from[below(from.length)]!,
    some: (from, count) => {
      const rest = [...from];
      return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(below(rest.length), 1)[0]!);
    },
    happens: (share) => next() < share,
  };
}

/** All candidates, in order. */
export function makeCandidates(): Candidate[] {
  const chance = chanceOf(SEED);
  const taken = new Set<string>();
  return Array.from({ length: COUNT }, (_, i) => candidate(i, chance, taken));
}

function candidate(index: number, chance: Chance, taken: Set<string>): Candidate {
  const category = categories[index % categories.length]!;
  const long = index >= SHORT_FIRST && chance.happens(0.4);
  const trade = chance.pick(trades);
  const jobs = career({ category, trade, count: jobCount({ category, long, chance }) }, chance);
  const last = jobs.at(-1)!;
  const worked = (last.to ?? NOW) - jobs[0]!.from;
  const stated = category === 'contradictory' ? worked + 4 + chance.below(6) : worked;
  const made: Candidate = {
    id: `cand-${String(index + 1).padStart(3, '0')}`,
    name: person(index, chance, taken),
    current_role: last.to === null ? last.title : `between jobs, last ${last.title}`,
    current_company: last.to === null ? last.company : '',
    location: last.city,
    years_experience: String(stated),
    education: education({ category, trade: jobs[0]!.trade, from: jobs[0]!.from, long }, chance),
    skills: chance.some(trade.skills, category === 'weak' ? 2 : long ? 7 : 4).join(', '),
    history: history(jobs, { category, long }, chance),
    notes: notes(category, long, chance),
    category,
  };
  return leaveOut(made, index, chance);
}

/** A name that nobody before has; every third in another script than plain Latin, all scripts in turn. */
function person(index: number, chance: Chance, taken: Set<string>): string {
  const others = names.slice(1);
  const kind = index % 3 === 1 ? others[((index - 1) / 3) % others.length]! : names[0]!;
  for (;;) {
    const name = `${chance.pick(kind.first)}${kind.join}${chance.pick(kind.last)}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

function jobCount({ category, long, chance }: { category: Category; long: boolean; chance: Chance }): number {
  if (long) return 8 + chance.below(6);
  return (category === 'middling' ? 1 : 2) + chance.below(2);
}

/** Jobs from the oldest to the newest; the strong rise, the weak do not, the changers end in another trade. */
function career(wish: { category: Category; trade: Trade; count: number }, chance: Chance): Job[] {
  const { category, trade, count } = wish;
  const before = category === 'career_changer' ? chance.pick(trades.filter((other) => other !== trade)) : trade;
  const stay = (): number => (category === 'weak' ? 1 : 2 + chance.below(count > 5 ? 2 : 4));
  const stays = Array.from({ length: count }, stay);
  let year = NOW - stays.reduce((sum, years) => sum + years, 0);
  return stays.map((years, i) => {
    const from = year;
    year += years;
    const isLast = i === count - 1;
    const line = isLast || count === 1 ? trade : before;
    const overlap = category === 'contradictory' && i === 1 ? Math.min(2, stays[0]!) : 0;
    return {
      from: from - overlap,
      to: isLast && !(category === 'weak' && chance.happens(0.5)) ? null : year,
      title: line.titles[step({ category, i, count }, chance)]!,
      company: `${chance.pick(companyStems)} ${line.employer}`,
      city: chance.pick(cities),
      trade: line,
    };
  });
}

function step({ category, i, count }: { category: Category; i: number; count: number }, chance: Chance): number {
  if (category === 'weak') return chance.below(2);
  if (category === 'career_changer') return i === count - 1 ? 0 : Math.min(3, 1 + i);
  const reached = Math.floor(((i + 1) * (category === 'strong' ? 5 : 3)) / Math.max(count, 2)) - 1;
  return Math.min(4, Math.max(category === 'strong' ? 1 : 0, reached));
}

function education(wish: { category: Category; trade: Trade; from: number; long: boolean }, chance: Chance): string {
  const { category, trade, from, long } = wish;
  if (category === 'weak' && chance.happens(0.5))
    return chance.pick(['Secondary school', 'Left university without a degree']);
  const master = category === 'strong' || long;
  const bachelor = `BSc ${trade.degree}, ${chance.pick(schools)}, ${master ? from - 2 : from}`;
  if (master) return `${bachelor}; MSc ${trade.degree}, ${chance.pick(schools)}, ${from}`;
  return category === 'contradictory' ? `PhD ${trade.degree}, ${chance.pick(schools)}, ${from - 9}` : bachelor;
}

function history(jobs: Job[], wish: { category: Category; long: boolean }, chance: Chance): string {
  const { category, long } = wish;
  const told = new Set<string>();
  const lines = jobs.map((job) => {
    const done = deeds(job.trade, { category, count: long ? 4 : 1 + chance.below(2), told }, chance);
    return `${job.from}-${job.to ?? 'now'}: ${job.title}, ${job.company} (${job.city}). ${done.map((deed) => `${deed}.`).join(' ')}`;
  });
  return lines.reverse().join('\n');
}

/** What was done in a job: wins and duties by the candidate's category, none told twice while there are others. */
function deeds(trade: Trade, wish: { category: Category; count: number; told: Set<string> }, chance: Chance): string[] {
  const { category, count, told } = wish;
  const part = { strong: 1, middling: 0.3, weak: 0, contradictory: 0.6, career_changer: 0.5 }[category];
  const wins = Math.round(count * part);
  const choose = (from: string[], some: number): string[] => {
    const fresh = from.filter((sentence) => !told.has(sentence));
    const chosen = chance.some(fresh.length >= some ? fresh : from, some);
    for (const sentence of chosen) told.add(sentence);
    return chosen.map((sentence) => withNumbers(sentence, chance));
  };
  return [
    ...choose([...trade.wins, ...generalWins], wins),
    ...choose([...trade.duties, ...generalDuties], count - wins),
  ];
}

function withNumbers(sentence: string, chance: Chance): string {
  return sentence.replace(/\{(\d+)-(\d+)\}/g, (_, low: string, high: string) =>
    String(Number(low) + chance.below(Number(high) - Number(low) + 1)),
  );
}

function notes(category: Category, long: boolean, chance: Chance): string {
  const own = {
    strong: strongNotes,
    middling: middlingNotes,
    weak: weakNotes,
    contradictory: contradictions,
    career_changer: changerNotes,
  }[category];
  return chance.some(own, long ? 3 : 1).join(' ');
}

/** About one candidate in four lacks something, as in any real table. */
function leaveOut(made: Candidate, index: number, chance: Chance): Candidate {
  if (index % 4 !== 2) return made;
  const lacking = chance.some(
    ['current_company', 'location', 'education', 'skills', 'notes', 'years_experience'] as const,
    1 + chance.below(2),
  );
  return { ...made, ...Object.fromEntries(lacking.map((name) => [name, ''])) };
}

/** The candidates as CSV (RFC 4180, LF line ends). */
export function candidatesCsv(): string {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = makeCandidates().map((made) => columns.map((name) => cell(made[name])).join(','));
  return `${[columns.join(','), ...rows].join('\n')}\n`;
}

if (import.meta.main) writeFileSync(new URL('candidates.csv', import.meta.url), candidatesCsv());

/** Which models can be ranked against each other: those that comparisons connect. */

/** One of several that were compared, by place; `wins[i][j]`: how often i was preferred to j, undecided ones half. */
export type Wins = number[][];

/** Groups of places between which there is not a single comparison; each group and the list in order. */
export function connectedGroups(wins: Wins): number[][] {
  return groupsBy(wins, (from, to) => wins[from]![to]! + wins[to]![from]! > 0);
}

/**
 * Groups within which everyone has lost, by steps, to everyone. With more than one in a connected group, one always wins
 * against another, and no finite strengths fit: Ford (1957), doi 10.1080/00029890.1957.11989117.
 */
export function mutualGroups(wins: Wins): number[][] {
  const reached = wins.map((_, from) => reachable(wins, from, (a, b) => wins[a]![b]! > 0));
  return groupsBy(wins, (from, to) => reached[from]!.has(to) && reached[to]!.has(from));
}

function groupsBy(wins: Wins, joined: (from: number, to: number) => boolean): number[][] {
  const left = new Set(wins.keys());
  const groups: number[][] = [];
  for (const place of wins.keys()) {
    if (!left.has(place)) continue;
    const group = [...reachable(wins, place, joined)].sort((a, b) => a - b);
    for (const each of group) left.delete(each);
    groups.push(group);
  }
  return groups;
}

function reachable(wins: Wins, start: number, joined: (from: number, to: number) => boolean): Set<number> {
  const found = new Set([start]);
  for (const from of found) for (const to of wins.keys()) if (to !== from && joined(from, to)) found.add(to);
  return found;
}

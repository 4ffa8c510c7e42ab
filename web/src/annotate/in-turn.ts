/** Lets requests about the same thing go one after the other, so that quick keys end as they were pressed. */

export interface Turns {
  /** Runs `ask` after those of the same name before it. `last` says whether none has come after it. */
  take<T>(name: string, ask: () => Promise<T>): Promise<{ value: T; last: boolean }>;
  /** Whether nothing of this name waits or runs. */
  idle(name: string): boolean;
}

export function createTurns(): Turns {
  const ends = new Map<string, Promise<unknown>>();
  return {
    idle: (name) => !ends.has(name),
    async take(name, ask) {
      const before = ends.get(name);
      const mine = (before ?? Promise.resolve()).then(ask, ask);
      ends.set(name, mine);
      try {
        const value = await mine;
        return { value, last: ends.get(name) === mine };
      } finally {
        if (ends.get(name) === mine) ends.delete(name);
      }
    },
  };
}

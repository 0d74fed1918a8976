/** Something that is timed in every round. */
export interface Entrant {
  readonly name: string;
  /** Does its share of a round, and returns the milliseconds it took. */
  run(): Promise<number>;
}

/** The times of each entrant, one for each round. */
export type Times = Record<string, number[]>;

/**
 * Lets the entrants take turns, one at a time, in rounds that each start with a different one.
 *
 * @param warmUps the number of initial rounds whose times are discarded, because engines compile code that runs often.
 * @param onTurn called before each turn.
 */
export async function interleave(
  entrants: readonly Entrant[],
  { rounds, warmUps = 1 }: { rounds: number; warmUps?: number },
  onTurn: (where: string) => void = () => {},
): Promise<Times> {
  const times: Times = Object.fromEntries(entrants.map(({ name }) => [name, []]));
  for (let round = -warmUps; round < rounds; round++) {
    for (let turn = 0; turn < entrants.length; turn++) {
      const { name, run } = entrants[(turn + Math.max(round, 0)) % entrants.length];
      onTurn(`${round < 0 ? 'warm-up' : `round ${round + 1} of ${rounds}`}: ${name}`);
      const milliseconds = await run();
      if (round >= 0) times[name].push(milliseconds);
    }
  }
  return times;
}

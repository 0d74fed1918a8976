/** Something that is timed in every round. */
export interface Entrant {
  readonly name: string;
  /** Does its share of a round; the milliseconds that it took. */
  run(): Promise<number>;
}

/** The times of each entrant, one for each round. */
export type Times = Record<string, number[]>;

/**
 * Lets the entrants take turns, one at a time, in rounds that each start with another one of them.
 *
 * @param warmUps the rounds at the start whose times are not kept: engines compile what runs often.
 * @param onTurn is called before each turn.
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

/** The steps of a round with one number of threads: the first of them finds nothing in the caches, and is not counted. */
const stepsOfRound = 5;
/** How often each of two numbers of threads has its round. */
const rounds = 3;
/** A number of threads must save this part of the time of a step to be worth the others. */
const leastGain = 0.1;
/** Steps that take less time, in milliseconds, do not pay for threads that wait for one another. */
const shortStep = 0.5;

/**
 * Finds with how many threads steps take the least time, while they are taken: 1, 2, 4 … as long as each number is faster than
 * the one before. Two numbers take turns, so that both see the same load of the machine, and most rounds decide.
 */
export class ThreadTrial {
  readonly #most: number;
  #best = 1;
  /** The number that is compared with the best one; undefined before the first comparison, and after the last one. */
  #next: number | undefined;
  #isOver: boolean;
  /** The times of the counted steps, in milliseconds, of each turn: with the best number, with the next one, and so on. */
  #turns: number[][] = [];
  #step = 0;
  /** The median time of a step with each number that was tried. */
  readonly #medians = new Map<number, number>();

  /** @param most the largest number of threads. */
  constructor(most: number) {
    this.#most = most;
    this.#isOver = most <= 1;
  }

  /** How many threads the next step is to have. */
  get threads(): number {
    const isTurnOfNext = Math.floor(this.#step / stepsOfRound) % 2 === 1;
    return this.#next !== undefined && isTurnOfNext ? this.#next : this.#best;
  }

  /** Whether it is known how many are best. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The median time of a step with each number that was tried, in milliseconds, from the fewest on. */
  get medians(): ReadonlyMap<number, number> {
    return this.#medians;
  }

  /** Notes the time of a step with that many threads, in milliseconds. */
  note(milliseconds: number): void {
    if (this.#isOver) return;
    if (this.#step % stepsOfRound === 0) this.#turns.push([]);
    else this.#turns.at(-1)!.push(milliseconds);
    this.#step += 1;
    if (this.#next === undefined && this.#step === stepsOfRound) this.#begin();
    else if (this.#step === 2 * rounds * stepsOfRound) this.#compare();
  }

  /** Stays with the best number so far, since another one cannot be had. */
  giveUp(): void {
    this.#isOver = true;
    this.#next = undefined;
    this.#step = 0;
  }

  /** Before the first comparison. */
  #begin(): void {
    const time = median(this.#turns[0]);
    this.#medians.set(1, time);
    if (time < shortStep) this.giveUp();
    else this.#tryNext();
  }

  #compare(): void {
    const next = this.#next!;
    const medians = this.#turns.map(median);
    const ratios = medians.flatMap((time, i) => (i % 2 === 1 ? time / medians[i - 1] : []));
    for (const [i, threads] of [this.#best, next].entries())
      this.#medians.set(threads, median(this.#turns.filter((_, turn) => turn % 2 === i).flat()));
    if (median(ratios) > 1 - leastGain) this.giveUp();
    else {
      this.#best = next;
      this.#tryNext();
    }
  }

  #tryNext(): void {
    this.#turns = [];
    this.#step = 0;
    if (this.#best >= this.#most) this.giveUp();
    else this.#next = Math.min(2 * this.#best, this.#most);
  }
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

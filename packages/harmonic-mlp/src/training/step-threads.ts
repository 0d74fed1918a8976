import { executorOf, type ProgramExecutor, type ThreadedExecutor } from '@harmonic-mlp/core/program';
import { getBackend } from '@tensorflow/tfjs-core';
import { ThreadTrial } from './thread-trial';

/** A number of threads, or `auto` for the one with which steps take the least time. */
export type Threads = number | 'auto';

/** What has been found for `auto` in this process, by what was trained. */
const found = new Map<string, number>();

/** The executors of a run's programs: that of one thread, and those of the numbers of threads that are wanted or tried. */
export class StepThreads {
  readonly #wanted: Threads;
  readonly #threaded = new Map<number, ThreadedExecutor>();
  readonly #workload: () => string;
  #trial: ThreadTrial | undefined;
  #threads = 1;
  #reason: string | undefined;
  #isOver = false;

  /** @param workload names what is trained, for which the same number is best. */
  constructor(wanted: Threads, workload: () => string) {
    this.#wanted = wanted;
    this.#workload = workload;
  }

  /** How many threads execute a step. */
  get threads(): number {
    return this.#threads;
  }

  /** Why there are fewer than were wanted, if so. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** The median time of a step with each number that was tried, in milliseconds; none if it was given or known. */
  get medians(): ReadonlyMap<number, number> | undefined {
    return this.#trial?.medians;
  }

  /** Whether steps are still timed to find out how many threads are best. */
  get isTrying(): boolean {
    return this.#trial?.isOver === false;
  }

  /** The executor of the next programs; undefined if the backend has none. */
  get executor(): ProgramExecutor | undefined {
    const executor = executorOf(getBackend());
    return executor && (this.#threaded.get(this.#threads) ?? executor);
  }

  /** There will be one thread, for a reason. */
  refuse(reason: string): void {
    if (typeof this.#wanted === 'number' && this.#wanted > 1) this.#reason = reason;
  }

  /** Begins with as many threads as are wanted. */
  async start(): Promise<void> {
    const executor = executorOf(getBackend());
    const known = this.#wanted === 'auto' ? found.get(this.#workload()) : this.#wanted;
    if (known === undefined) this.#trial = new ThreadTrial(executor?.mostThreads ?? 1);
    else await this.#use(known);
  }

  /** Notes the time of a step in milliseconds; returns a promise if the next one must wait for more threads. */
  note(milliseconds: number): Promise<void> | undefined {
    const trial = this.#trial!;
    trial.note(milliseconds);
    if (!trial.isOver) return this.#threads === trial.threads ? undefined : this.#use(trial.threads);
    found.set(this.#workload(), trial.threads);
    this.#threads = trial.threads;
    this.#end((threads) => threads !== trial.threads);
    return undefined;
  }

  /** Ends all threads. */
  dispose(): void {
    this.#isOver = true;
    this.#threads = 1;
    this.#end(() => true);
  }

  /** Starts so many threads, if there are none yet; stays with one if that is not possible. */
  #use(threads: number): Promise<void> | undefined {
    if (threads === 1 || this.#threaded.has(threads)) {
      this.#threads = threads;
      return undefined;
    }
    return this.#start(threads);
  }

  async #start(threads: number): Promise<void> {
    const started = await this.#executorWith(threads);
    if ('obstacle' in started) {
      this.#reason = started.obstacle;
      this.#trial?.giveUp();
      return;
    }
    // The run may have ended in the meantime.
    if (this.#isOver) return started.dispose();
    this.#threaded.set(threads, started);
    this.#threads = threads;
  }

  async #executorWith(threads: number): Promise<ThreadedExecutor | { readonly obstacle: string }> {
    try {
      const executor = executorOf(getBackend());
      const started = await executor?.withThreads?.(threads);
      return started ?? { obstacle: `the backend ${getBackend()} has no threads` };
    } catch (error) {
      // Nobody has asked for them.
      if (this.#wanted === 'auto') return { obstacle: (error as Error).message };
      throw error;
    }
  }

  #end(isUnused: (threads: number) => boolean): void {
    for (const [threads, executor] of this.#threaded) {
      if (!isUnused(threads)) continue;
      this.#threaded.delete(threads);
      executor.dispose();
    }
  }
}

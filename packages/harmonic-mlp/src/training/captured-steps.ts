import type { RandomKey } from '@harmonic-mlp/core';
import {
  type CompiledProgram,
  type ExecutionScalars,
  executorOf,
  type ProgramExecutor,
  type ProgramOutputs,
} from '@harmonic-mlp/core/program';
import { isReplayable, type ReplayableOptimizer } from '@harmonic-mlp/freq-optimizer';
import {
  dispose,
  getBackend,
  keep,
  mul,
  type Optimizer,
  type Tensor,
  tidy,
  Variable,
} from '@tensorflow/tfjs-core';
import type { EpochBatch, Examples } from '../data';
import { isPure } from '../pure';
import {
  type BatchResult,
  type BatchWork,
  CapturedBatches,
  noExecutor,
  type StepResult,
} from './captured-batches';
import type { Learner } from './learner';
import { now } from './now';
import { rateOf } from './optimizer-settings';
import { StepThreads, type Threads } from './step-threads';

/** Whether the steps of a run are executed as a program, and why not; and by how many threads. */
export interface Capture {
  readonly captured: boolean;
  readonly reason?: string;
  readonly threads: number;
  /** Why there are not as many as were asked for. */
  readonly threadReason?: string;
  /** If the number was found by trying: the median time of a step with each number, in milliseconds. */
  readonly trial?: Readonly<Record<number, number>>;
}

/** The training steps of a run, executed as programs where that is possible, by several threads if they are faster. */
export class CapturedSteps<B extends Examples> implements BatchWork<B> {
  readonly #learner: Learner<B>;
  readonly #isWanted: boolean | undefined;
  readonly #batches = new CapturedBatches<B>(this);
  /** The variables of the model and the state of the optimizer, by name; undefined if they may be other tensors than before. */
  #states: Record<string, Tensor> | undefined;
  #stateList: readonly Tensor[] = [];
  readonly #threads: StepThreads;
  /** The form of the batches whose steps are timed to find out how many threads are best. */
  #timed: object | undefined;
  /** Threads that are being started. */
  #starting: Promise<void> | undefined;
  #capture: Capture | undefined;
  #lastThreads = 1;

  /**
   * @param isWanted whether steps are captured. Default: if all that they compute is known to be pure.
   * @param threads how many threads execute a program.
   * @param batchSize the number of examples of most steps.
   */
  constructor(
    learner: Learner<B>,
    isWanted: boolean | undefined,
    { threads, batchSize }: { threads: Threads; batchSize: number },
  ) {
    this.#learner = learner;
    this.#isWanted = isWanted;
    const { model, optimizer } = learner;
    const workload = () => {
      const shapes = Object.values(model.parameters).map(({ shape }) => shape);
      const config = { ...model.config, seed: undefined };
      return JSON.stringify([getBackend(), optimizer.getClassName(), batchSize, shapes, config]);
    };
    this.#threads = new StepThreads(threads, workload);
  }

  /** Starts the threads that are asked for. */
  async start(): Promise<void> {
    const obstacle = this.obstacle();
    if (obstacle === undefined) await this.#threads.start();
    else this.#threads.refuse(obstacle);
  }

  /** Threads that are being started, for which the next step must wait. */
  get starting(): Promise<void> | undefined {
    const starting = this.#starting;
    this.#starting = undefined;
    return starting;
  }

  /** How many threads executed the last program; 1 if there was none. */
  get threads(): number {
    return this.#lastThreads;
  }

  /** Whether steps are executed as a program, and why not; undefined until that is known. */
  get capture(): Capture | undefined {
    return this.#capture;
  }

  /**
   * Takes a step.
   *
   * @param key gives the random stream of the step, if it draws random numbers.
   */
  step(batch: EpochBatch<B>, key: () => RandomKey): StepResult {
    return this.#batches.take(batch, key);
  }

  dispose(): void {
    this.#batches.dispose();
    this.#threads.dispose();
  }

  obstacle(): string | undefined {
    const { optimizer, model, task, metrics } = this.#learner;
    if (this.#isWanted === false) return 'capture is false';
    const isKnown = model.isPure === true && [task.loss, ...metrics.map(({ sum }) => sum)].every(isPure);
    if (!isKnown && this.#isWanted === undefined)
      return 'its model, task, or metrics are your own, and may not do the same at each step; capture: true says that they do';
    if (executorOf(getBackend()) === undefined) return noExecutor();
    if (!isReplayable(optimizer))
      return `${optimizer.getClassName()} is not an optimizer whose steps can be taken elsewhere`;
    return undefined;
  }

  executor(): ProgramExecutor | undefined {
    return this.#threads.executor;
  }

  onRefused(reason: string): void {
    this.#capture ??= { captured: false, reason, threads: 1, ...this.#shortage() };
  }

  take(batch: B, key: RandomKey): BatchResult {
    this.#states = undefined;
    const { loss, metrics, gradients } = this.#learner.gradients(batch, key);
    try {
      this.#learner.update(gradients);
    } catch (error) {
      dispose([loss, metrics]);
      throw error;
    } finally {
      dispose(gradients);
    }
    // Those of the recording begin anew, since the step has made other tensors.
    this.#states = undefined;
    return { loss: keep(loss), metrics };
  }

  states(): Record<string, Tensor> {
    const known = this.#states;
    if (known !== undefined && !this.#stateList.some(isDisposed)) return known;
    const { model } = this.#learner;
    const { tensors } = this.#replayable.saveState(model.parameters);
    const ofOptimizer = Object.entries(tensors).map(([path, tensor]) => [
      `${optimizerPrefix}${path}`,
      tensor,
    ]);
    const states = { ...model.variables, ...Object.fromEntries(ofOptimizer) };
    this.#states = states;
    this.#stateList = Object.values(states);
    return states;
  }

  numbers(): Record<string, number> {
    const { optimizer } = this.#learner;
    return { learningRate: rateOf(optimizer)!, step: optimizer.iterations };
  }

  unshare(names: readonly string[]): boolean {
    const states = this.states();
    const { model } = this.#learner;
    const moved: Record<string, Tensor> = {};
    const executor = this.executor();
    tidy(() => {
      for (const name of names) {
        const copy = executor?.copy?.(states[name]) ?? mul(states[name], 1);
        if (states[name] instanceof Variable) states[name].assign(copy);
        else moved[name.slice(optimizerPrefix.length)] = copy;
      }
      if (Object.keys(moved).length === 0) return;
      const state = this.#replayable.saveState(model.parameters);
      this.#replayable.loadState(model.parameters, { ...state, tensors: { ...state.tensors, ...moved } });
      this.#states = undefined;
    });
    return this.#states === undefined;
  }

  execute(compiled: CompiledProgram, scalars: ExecutionScalars, form: object): ProgramOutputs {
    const outputs = this.#threads.isTrying
      ? this.#executeTimed(compiled, scalars, form)
      : compiled.execute(scalars);
    this.#lastThreads = this.#threads.threads;
    this.#replayable.countStep();
    this.#capture ??= { captured: true, threads: this.threads, ...this.#shortage() };
    return outputs;
  }

  /** Executes a step, and times it if it is one of most. */
  #executeTimed(compiled: CompiledProgram, scalars: ExecutionScalars, form: object): ProgramOutputs {
    this.#timed ??= form;
    const begun = now();
    const outputs = compiled.execute(scalars);
    if (this.#timed !== form) return outputs;
    this.#starting = this.#threads.note(now() - begun);
    const { medians, isTrying } = this.#threads;
    if (!isTrying && medians!.size > 1)
      this.#capture = { captured: true, threads: this.#threads.threads, trial: Object.fromEntries(medians!) };
    return outputs;
  }

  #shortage(): { threadReason?: string } {
    const { reason } = this.#threads;
    return reason === undefined ? {} : { threadReason: reason };
  }

  get #replayable(): ReplayableOptimizer {
    return this.#learner.optimizer as Optimizer as unknown as ReplayableOptimizer;
  }
}

const isDisposed = (tensor: Tensor): boolean => tensor.isDisposed;
const optimizerPrefix = 'optimizer ';

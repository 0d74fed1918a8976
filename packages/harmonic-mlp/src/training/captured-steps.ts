import type { RandomKey } from '@harmonic-mlp/core';
import {
  type CompiledProgram,
  disposeRecording,
  type ExecutionScalars,
  executorOf,
  type Program,
  type ProgramExecutor,
  type ProgramOutputs,
  programOf,
  type Recording,
  recordStep,
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
import { type EpochBatch, type ExampleArrays, type Examples, tensorsOf } from '../data';
import { isPure } from '../pure';
import type { BatchGradients, Learner } from './learner';
import { now } from './now';
import { rateOf } from './optimizer-settings';
import { StepThreads, type Threads } from './step-threads';

/** The loss and the metrics of a step, on the backend, or from an executor in this order. */
export type StepResult = Pick<BatchGradients, 'loss' | 'metrics'> | { readonly outputs: ProgramOutputs };

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

/** What is known of the steps with batches of one form. */
interface Steps {
  /** The last recording. */
  recording?: Recording;
  /** How many recordings have been made. */
  attempts: number;
  /** What they are executions of. */
  program?: BatchProgram;
  /** That, ready to run. */
  ready?: ReadyProgram;
  /** Why they are not captured. */
  obstacle?: string;
}

/** A program of a step, and how it is given a batch. */
interface BatchProgram {
  readonly program: Program;
  readonly constants: readonly Tensor[];
  /** The tensors of a batch that the program reads, with their names as its inputs. */
  readonly fields: readonly { readonly name: string; readonly input: string }[];
  /** Where a batch is written: memory of the program, and arrays for the tensors that it does not read. */
  readonly arrays: Record<string, Float32Array | Int32Array>;
  /** Whether it draws random numbers. */
  readonly isRandom: boolean;
}

/** A program that an executor has prepared. */
interface ReadyProgram {
  readonly compiled: CompiledProgram;
  readonly executor: ProgramExecutor;
  /** The states that it is bound to, without a batch. */
  boundTo: object | undefined;
}

/** What a program gets that draws no random numbers. */
const noKey: RandomKey = [0, 0];

/** A step may differ from the next one, such as the first, which makes the state of the optimizer. */
const mostAttempts = 4;

/**
 * The training steps of a run. Two steps with batches of the same form are recorded; if they are executions of one program, and
 * the backend has an executor for it, all further ones are executed as that program, with the same result.
 */
export class CapturedSteps<B extends Examples> {
  readonly #learner: Learner<B>;
  readonly #isWanted: boolean | undefined;
  /** By the form of the batch: its size, if it is made of rows, or what {@link formOf} tells of its tensors. */
  readonly #steps = new Map<number | string, Steps>();
  /** The variables of the model and the state of the optimizer, by name; undefined if they may be other tensors than before. */
  #states: Record<string, Tensor> | undefined;
  #stateList: readonly Tensor[] = [];
  readonly #threads: StepThreads;
  /** The steps that are timed to find out how many threads are best. */
  #timed: Steps | undefined;
  /** Threads that are being started. */
  #starting: Promise<void> | undefined;
  #capture: Capture | undefined;

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
    const workload = () =>
      `${getBackend()} ${batchSize} ${Object.values(learner.model.parameters).map(({ shape }) => `[${shape}]`)}`;
    this.#threads = new StepThreads(threads, workload);
  }

  /** Starts the threads that are asked for. */
  async start(): Promise<void> {
    if (this.#obstacle() === undefined) await this.#threads.start();
  }

  /** Threads that are being started, for which the next step must wait. */
  get starting(): Promise<void> | undefined {
    const starting = this.#starting;
    this.#starting = undefined;
    return starting;
  }

  /** How many threads execute a step. */
  get threads(): number {
    return this.#threads.threads;
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
  take(batch: EpochBatch<B>, key: () => RandomKey): StepResult {
    const form = batch.write === undefined ? formOf(batch.tensors()) : batch.size;
    let steps = this.#steps.get(form);
    if (steps === undefined) {
      steps = { attempts: 0 };
      this.#steps.set(form, steps);
      const obstacle = this.#obstacle();
      if (obstacle !== undefined) this.#refuse(steps, obstacle);
    }
    if (steps.ready?.compiled.isCurrent === false) forget(steps);
    const ready = this.#readyFor(steps);
    if (ready !== undefined) return this.#execute(steps, ready, batch, key);
    if (steps.obstacle !== undefined) return this.#takeOrdinary(batch.tensors(), key());
    return this.#record(steps, batch.tensors(), key());
  }

  dispose(): void {
    for (const steps of this.#steps.values()) forget(steps);
    this.#steps.clear();
    this.#threads.dispose();
  }

  #refuse(steps: Steps, reason: string): void {
    steps.obstacle = reason;
    this.#capture ??= { captured: false, reason, threads: 1 };
  }

  /** Why steps cannot be captured, whatever they do. */
  #obstacle(): string | undefined {
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

  #takeOrdinary(batch: B, key: RandomKey): Pick<BatchGradients, 'loss' | 'metrics'> {
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
    return { loss: keep(loss), metrics };
  }

  #record(steps: Steps, batch: B, key: RandomKey): StepResult {
    const inputs = Object.fromEntries(tensorsOf(batch).map(([name, tensor]) => [inputName(name), tensor]));
    const given = { inputs, key, numbers: this.#numbers(), states: () => this.#statesNow() };
    const { result, outcome } = recordStep(
      given,
      () => this.#takeOrdinary(batch, key),
      ({ loss, metrics }) => [loss, ...metrics],
    );
    steps.attempts += 1;
    const obstacle =
      'obstacle' in outcome ? outcome.obstacle : this.#compile(steps, outcome.recording, batch);
    if (obstacle !== undefined && steps.attempts >= mostAttempts) {
      forget(steps);
      this.#refuse(steps, obstacle);
    }
    return result;
  }

  /** Makes a program of a recording and the one before; returns why that is not possible, if so. */
  #compile(steps: Steps, recording: Recording, batch: B): string | undefined {
    const earlier = steps.recording;
    steps.recording = recording;
    if (earlier === undefined) return undefined;
    const outcome = programOf(earlier, recording);
    disposeRecording(earlier);
    if ('obstacle' in outcome) return outcome.obstacle;
    const { program, constants } = outcome;
    const tensors = tensorsOf(batch);
    const isRead = ([name]: [string, Tensor]) => Object.hasOwn(program.inputs, inputName(name));
    const others = tensors.filter((each) => !isRead(each));
    steps.program = {
      program,
      constants,
      fields: tensors.filter(isRead).map(([name]) => ({ name, input: inputName(name) })),
      arrays: Object.fromEntries(others.map(([name, tensor]) => [name, arrayFor(tensor)])),
      isRandom: program.dynamic.some(({ source }) => source.kind === 'key'),
    };
    return this.#prepare(steps, steps.program);
  }

  /** Prepares a program for the executor in use; returns why that is not possible, if so. */
  #prepare(steps: Steps, { program, constants }: BatchProgram): string | undefined {
    steps.ready?.compiled.dispose();
    steps.ready = undefined;
    const { executor } = this.#threads;
    // It may have been withdrawn since the first step.
    if (executor === undefined) return noExecutor();
    const compiled = executor.compile(program, constants);
    if ('obstacle' in compiled) return compiled.obstacle;
    steps.ready = { compiled, executor, boundTo: undefined };
    return undefined;
  }

  /** The program of steps, prepared for the executor in use, if they have one. */
  #readyFor(steps: Steps): ReadyProgram | undefined {
    const { ready, program } = steps;
    if (program === undefined || ready?.executor === this.#threads.executor) return ready;
    const obstacle = this.#prepare(steps, program);
    if (obstacle !== undefined) {
      forget(steps);
      this.#refuse(steps, obstacle);
    }
    return steps.ready;
  }

  #execute(steps: Steps, ready: ReadyProgram, batch: EpochBatch<B>, key: () => RandomKey): StepResult {
    const { compiled } = ready;
    const program = steps.program!;
    const tensors = batch.write === undefined ? batch.tensors() : undefined;
    this.#bind(ready, tensors);
    if (this.#unshare(compiled.shared())) this.#bind(ready, tensors);
    batch.write?.(arraysOf(program, compiled) as ExampleArrays<B>);
    const scalars = { key: program.isRandom ? key() : noKey, numbers: this.#numbers() };
    const outputs = this.#threads.isTrying
      ? this.#executeTimed(steps, compiled, scalars)
      : compiled.execute(scalars);
    this.#replayable.countStep();
    this.#capture ??= { captured: true, threads: this.threads, ...this.#shortage() };
    return { outputs };
  }

  /** Executes a step, and times it if it is one of most. */
  #executeTimed(steps: Steps, compiled: CompiledProgram, scalars: ExecutionScalars): ProgramOutputs {
    this.#timed ??= steps;
    const begun = now();
    const outputs = compiled.execute(scalars);
    if (this.#timed !== steps) return outputs;
    this.#starting = this.#threads.note(now() - begun);
    const { medians, isTrying } = this.#threads;
    if (!isTrying && medians!.size > 1)
      this.#capture = { captured: true, threads: this.threads, trial: Object.fromEntries(medians!) };
    return outputs;
  }

  #shortage(): { threadReason?: string } {
    const { reason } = this.#threads;
    return reason === undefined ? {} : { threadReason: reason };
  }

  /** Binds a program to the current tensors, and to those of a batch whose rows are not written. */
  #bind(program: ReadyProgram, batch: B | undefined): void {
    if (this.#states === undefined || this.#stateList.some(isDisposed)) {
      this.#states = this.#statesNow();
      this.#stateList = Object.values(this.#states);
    }
    if (batch === undefined && program.boundTo === this.#states) return;
    const given = batch && tensorsOf(batch).map(([name, tensor]) => [inputName(name), tensor]);
    program.compiled.bind(given ? { ...this.#states, ...Object.fromEntries(given) } : this.#states);
    program.boundTo = batch === undefined ? this.#states : undefined;
  }

  get #replayable(): ReplayableOptimizer {
    return this.#learner.optimizer as Optimizer as unknown as ReplayableOptimizer;
  }

  #numbers(): Record<string, number> {
    const { optimizer } = this.#learner;
    return { learningRate: rateOf(optimizer)!, step: optimizer.iterations };
  }

  #statesNow(): Record<string, Tensor> {
    const { model } = this.#learner;
    const { tensors } = this.#replayable.saveState(model.parameters);
    const ofOptimizer = Object.entries(tensors).map(([path, tensor]) => [
      `${optimizerPrefix}${path}`,
      tensor,
    ]);
    return { ...model.variables, ...Object.fromEntries(ofOptimizer) };
  }

  /** Gives states data of their own, such as weights that somebody keeps a copy of; returns whether they are other tensors now. */
  #unshare(names: readonly string[]): boolean {
    if (names.length === 0) return false;
    const states = this.#states!;
    const { model } = this.#learner;
    const moved: Record<string, Tensor> = {};
    tidy(() => {
      for (const name of names) {
        const copy = mul(states[name], 1);
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
}

function forget(steps: Steps): void {
  steps.ready?.compiled.dispose();
  if (steps.recording !== undefined) disposeRecording(steps.recording);
  steps.ready = undefined;
  steps.program = undefined;
  steps.recording = undefined;
  steps.attempts = 0;
}

const noExecutor = (): string => `the backend ${getBackend()} executes no programs`;

/** The arrays for a batch; the memory of a program may be elsewhere after an execution. */
function arraysOf(
  { fields, arrays }: BatchProgram,
  compiled: CompiledProgram,
): Record<string, Float32Array | Int32Array> {
  for (const { name, input } of fields) arrays[name] = compiled.memoryOf(input);
  return arrays;
}

const arrayFor = ({ size, dtype }: Tensor): Float32Array | Int32Array =>
  dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);

/** The names, types, and shapes of a batch's tensors. */
const formOf = (batch: Examples): string =>
  tensorsOf(batch)
    .map(([name, { shape, dtype }]) => `${name} ${dtype} ${shape}`)
    .join();

const isDisposed = (tensor: Tensor): boolean => tensor.isDisposed;
const inputName = (name: string): string => `batch ${name}`;
const optimizerPrefix = 'optimizer ';

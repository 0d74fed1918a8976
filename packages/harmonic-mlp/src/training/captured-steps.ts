import type { RandomKey } from '@harmonic-mlp/core';
import {
  type CompiledProgram,
  disposeRecording,
  executorOf,
  type ProgramOutputs,
  programOf,
  type Recording,
  recordStep,
  type ThreadedExecutor,
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
import { rateOf } from './optimizer-settings';

/** The loss and the metrics of a step, on the backend, or from an executor in this order. */
export type StepResult = Pick<BatchGradients, 'loss' | 'metrics'> | { readonly outputs: ProgramOutputs };

/** Whether the steps of a run are executed as a program, and why not. */
export interface Capture {
  readonly captured: boolean;
  readonly reason?: string;
}

/** What is known of the steps with batches of one form. */
interface Steps {
  /** The last recording. */
  recording?: Recording;
  /** How many recordings have been made. */
  attempts: number;
  program?: BatchProgram;
  /** Why they are not captured. */
  obstacle?: string;
}

/** A program of a step, with the memory for its batch. */
interface BatchProgram {
  readonly compiled: CompiledProgram;
  /** The tensors of a batch that the program reads, with their names as its inputs. */
  readonly fields: readonly { readonly name: string; readonly input: string }[];
  /** Where a batch is written: memory of the program, and arrays for the tensors that it does not read. */
  readonly arrays: Record<string, Float32Array | Int32Array>;
  /** Whether it draws random numbers. */
  readonly isRandom: boolean;
  /** The states that it is bound to, without a batch. */
  boundTo: object | undefined;
}

const captured: Capture = { captured: true };

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
  #capture: Capture | undefined;
  #threaded: ThreadedExecutor | undefined;

  /** @param isWanted whether steps are captured. Default: if all that they compute is known to be pure. */
  constructor(learner: Learner<B>, isWanted: boolean | undefined) {
    this.#learner = learner;
    this.#isWanted = isWanted;
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
    if (steps.program !== undefined && !steps.program.compiled.isCurrent) forget(steps);
    if (steps.program !== undefined) return this.#execute(steps.program, batch, key);
    if (steps.obstacle !== undefined) return this.#takeOrdinary(batch.tensors(), key());
    return this.#record(steps, batch.tensors(), key());
  }

  dispose(): void {
    for (const steps of this.#steps.values()) forget(steps);
    this.#steps.clear();
    this.#threaded?.dispose();
  }

  #refuse(steps: Steps, reason: string): void {
    steps.obstacle = reason;
    this.#capture ??= { captured: false, reason };
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
    const executor = executorOf(getBackend()) && (this.#threaded ?? executorOf(getBackend()));
    // It may have been withdrawn since the first step.
    if (executor === undefined) return noExecutor();
    const compiled = executor.compile(program, constants);
    if ('obstacle' in compiled) return compiled.obstacle;
    const tensors = tensorsOf(batch);
    const isRead = ([name]: [string, Tensor]) => Object.hasOwn(program.inputs, inputName(name));
    const others = tensors.filter((each) => !isRead(each));
    steps.program = {
      compiled,
      boundTo: undefined,
      fields: tensors.filter(isRead).map(([name]) => ({ name, input: inputName(name) })),
      arrays: Object.fromEntries(others.map(([name, tensor]) => [name, arrayFor(tensor)])),
      isRandom: program.dynamic.some(({ source }) => source.kind === 'key'),
    };
    return undefined;
  }

  #execute(program: BatchProgram, batch: EpochBatch<B>, key: () => RandomKey): StepResult {
    const { compiled, isRandom } = program;
    const tensors = batch.write === undefined ? batch.tensors() : undefined;
    this.#bind(program, tensors);
    if (this.#unshare(compiled.shared())) this.#bind(program, tensors);
    batch.write?.(arraysOf(program) as ExampleArrays<B>);
    const outputs = compiled.execute({ key: isRandom ? key() : noKey, numbers: this.#numbers() });
    this.#replayable.countStep();
    this.#capture = captured;
    return { outputs };
  }

  /** Binds a program to the current tensors, and to those of a batch whose rows are not written. */
  #bind(program: BatchProgram, batch: B | undefined): void {
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
  steps.program?.compiled.dispose();
  if (steps.recording !== undefined) disposeRecording(steps.recording);
  steps.program = undefined;
  steps.recording = undefined;
  steps.attempts = 0;
}

const noExecutor = (): string => `the backend ${getBackend()} executes no programs`;

/** The arrays for a batch; the memory of a program may be elsewhere after an execution. */
function arraysOf({ compiled, fields, arrays }: BatchProgram): Record<string, Float32Array | Int32Array> {
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

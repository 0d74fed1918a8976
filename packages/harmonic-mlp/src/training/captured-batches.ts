import type { RandomKey } from '@harmonic-mlp/core';
import {
  type CompiledProgram,
  disposeRecording,
  type ExecutionScalars,
  type Program,
  type ProgramExecutor,
  type ProgramOutputs,
  programOf,
  type Recording,
  recordStep,
} from '@harmonic-mlp/core/program';
import { getBackend, type Tensor } from '@tensorflow/tfjs-core';
import { type EpochBatch, type ExampleArrays, type Examples, tensorsOf } from '../data';
import type { BatchGradients } from './learner';

/** The loss and the metrics of a batch, on the backend. */
export type BatchResult = Pick<BatchGradients, 'loss' | 'metrics'>;

/** The loss and the metrics of a batch, on the backend, or from an executor in this order. */
export type StepResult = BatchResult | { readonly outputs: ProgramOutputs };

/** What is done with each batch. */
export interface BatchWork<B extends Examples> {
  /** Why it cannot be a program, if so. */
  obstacle(): string | undefined;
  /** The executor of the next programs; undefined if the backend has none. */
  executor(): ProgramExecutor | undefined;
  /** Does it by operations of tfjs. */
  take(batch: B, key: RandomKey): BatchResult;
  /** What it changes, by name; the same object as long as these are the same tensors. */
  states(): Record<string, Tensor>;
  /** The numbers that it depends on, by name. */
  numbers(): Record<string, number>;
  /** Gives states data of their own that share them with other tensors; returns whether they are other tensors now. */
  unshare(names: readonly string[]): boolean;
  /** Executes its program. */
  execute(compiled: CompiledProgram, scalars: ExecutionScalars, form: object): ProgramOutputs;
  /** It will never be a program for batches of some form. */
  onRefused(reason: string): void;
}

/** What is known of the batches of one form. */
interface Form {
  /** The last recording. */
  recording?: Recording;
  /** How many recordings have been made. */
  attempts: number;
  /** What they are executions of. */
  program?: BatchProgram;
  /** That, ready to run. */
  ready?: ReadyProgram;
  /** Why there is none. */
  obstacle?: string;
}

/** A program, and how it is given a batch. */
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
  /** What is told the rows of a batch, of which examples. */
  gatherer?: { readonly of: object; readonly tell: ((rows: Int32Array) => void) | undefined } | undefined;
  /** Whether it has turned out that it gathers no rows of these examples. */
  cannotGather?: boolean;
}

/** What a program gets that draws no random numbers. */
const noKey: RandomKey = [0, 0];

/** A batch may be treated differently from the next one, such as the first step, which makes the state of the optimizer. */
const mostAttempts = 4;

/**
 * Does the same with many batches. For two batches of the same form, that is recorded; if these are executions of one program, and
 * the backend has an executor for it, that is executed for all further ones, with the same result.
 */
export class CapturedBatches<B extends Examples> {
  readonly #work: BatchWork<B>;
  /** By the form of the batch: its size, if it is made of rows, or what {@link formOf} tells of its tensors. */
  readonly #forms = new Map<number | string, Form>();

  constructor(work: BatchWork<B>) {
    this.#work = work;
  }

  /**
   * Takes a batch.
   *
   * @param key gives the random stream of the step, if it draws random numbers.
   */
  take(batch: EpochBatch<B>, key: () => RandomKey): StepResult {
    const isOfRows = batch.write !== undefined || batch.rows !== undefined;
    const name = isOfRows ? batch.size : formOf(batch.tensors());
    let form = this.#forms.get(name);
    if (form === undefined) {
      form = { attempts: 0 };
      this.#forms.set(name, form);
      const obstacle = this.#work.obstacle();
      if (obstacle !== undefined) this.#refuse(form, obstacle);
    }
    if (form.ready?.compiled.isCurrent === false) forget(form);
    const ready = this.#readyFor(form);
    if (ready !== undefined) return this.#execute(form, ready, batch, key);
    if (form.obstacle !== undefined) return this.#work.take(batch.tensors(), key());
    return this.#record(form, batch.tensors(), key());
  }

  dispose(): void {
    for (const form of this.#forms.values()) forget(form);
    this.#forms.clear();
  }

  #refuse(form: Form, reason: string): void {
    form.obstacle = reason;
    this.#work.onRefused(reason);
  }

  #record(form: Form, batch: B, key: RandomKey): StepResult {
    const work = this.#work;
    const inputs = Object.fromEntries(tensorsOf(batch).map(([name, tensor]) => [inputName(name), tensor]));
    const given = { inputs, key, numbers: work.numbers(), states: () => work.states() };
    const { result, outcome } = recordStep(
      given,
      () => work.take(batch, key),
      ({ loss, metrics }) => [loss, ...metrics],
    );
    form.attempts += 1;
    const obstacle = 'obstacle' in outcome ? outcome.obstacle : this.#compile(form, outcome.recording, batch);
    if (obstacle !== undefined && form.attempts >= mostAttempts) {
      forget(form);
      this.#refuse(form, obstacle);
    }
    return result;
  }

  /** Makes a program of a recording and the one before; returns why that is not possible, if so. */
  #compile(form: Form, recording: Recording, batch: B): string | undefined {
    const earlier = form.recording;
    form.recording = recording;
    if (earlier === undefined) return undefined;
    const outcome = programOf(earlier, recording);
    disposeRecording(earlier);
    if ('obstacle' in outcome) return outcome.obstacle;
    const { program, constants } = outcome;
    const tensors = tensorsOf(batch);
    const isRead = ([name]: [string, Tensor]) => Object.hasOwn(program.inputs, inputName(name));
    const others = tensors.filter((each) => !isRead(each));
    form.program = {
      program,
      constants,
      fields: tensors.filter(isRead).map(([name]) => ({ name, input: inputName(name) })),
      arrays: Object.fromEntries(others.map(([name, tensor]) => [name, arrayFor(tensor)])),
      isRandom: program.dynamic.some(({ source }) => source.kind === 'key'),
    };
    return this.#prepare(form, form.program);
  }

  /** Prepares a program for the executor in use; returns why that is not possible, if so. */
  #prepare(form: Form, { program, constants }: BatchProgram): string | undefined {
    form.ready?.compiled.dispose();
    form.ready = undefined;
    const executor = this.#work.executor();
    // It may have been withdrawn since the first batch.
    if (executor === undefined) return noExecutor();
    const compiled = executor.compile(program, constants);
    if ('obstacle' in compiled) return compiled.obstacle;
    form.ready = { compiled, executor, boundTo: undefined };
    return undefined;
  }

  /** The program of a form, prepared for the executor in use, if it has one. */
  #readyFor(form: Form): ReadyProgram | undefined {
    const { ready, program } = form;
    if (program === undefined || ready?.executor === this.#work.executor()) return ready;
    const obstacle = this.#prepare(form, program);
    if (obstacle !== undefined) {
      forget(form);
      this.#refuse(form, obstacle);
    }
    return form.ready;
  }

  #execute(form: Form, ready: ReadyProgram, batch: EpochBatch<B>, key: () => RandomKey): StepResult {
    const { compiled } = ready;
    const program = form.program!;
    const { rows, write } = batch;
    const mayGather = rows !== undefined && compiled.gatherFrom !== undefined && !ready.cannotGather;
    const tensors = mayGather || write !== undefined ? undefined : batch.tensors();
    this.#bind(ready, tensors);
    const shared = compiled.shared();
    if (shared.length > 0 && this.#work.unshare(shared)) this.#bind(ready, tensors);
    const gather = mayGather ? this.#gatherer(ready, program, rows.of) : undefined;
    if (mayGather && gather === undefined) {
      ready.cannotGather = true;
      return this.#execute(form, ready, batch, key);
    }
    if (gather !== undefined) gather(rows!.numbers);
    else write?.(arraysOf(program, compiled) as ExampleArrays<B>);
    const scalars = { key: program.isRandom ? key() : noKey, numbers: this.#work.numbers() };
    return { outputs: this.#work.execute(compiled, scalars, form) };
  }

  /** What is told which rows of the examples a batch has. */
  #gatherer(
    ready: ReadyProgram,
    { fields }: BatchProgram,
    of: object,
  ): ((rows: Int32Array) => void) | undefined {
    if (ready.gatherer?.of !== of) {
      const tensors = of as Readonly<Record<string, Tensor>>;
      const sources = Object.fromEntries(fields.map(({ name, input }) => [input, tensors[name]]));
      ready.gatherer = { of, tell: ready.compiled.gatherFrom!(sources) };
    }
    return ready.gatherer.tell;
  }

  /** Binds a program to the current tensors, and to those of a batch whose rows are not written. */
  #bind(ready: ReadyProgram, batch: B | undefined): void {
    const states = this.#work.states();
    if (batch === undefined && ready.boundTo === states) return;
    const given = batch && tensorsOf(batch).map(([name, tensor]) => [inputName(name), tensor]);
    ready.compiled.bind(given ? { ...states, ...Object.fromEntries(given) } : states);
    ready.boundTo = batch === undefined ? states : undefined;
    ready.gatherer = undefined;
  }
}

function forget(form: Form): void {
  form.ready?.compiled.dispose();
  if (form.recording !== undefined) disposeRecording(form.recording);
  form.ready = undefined;
  form.program = undefined;
  form.recording = undefined;
  form.attempts = 0;
}

/** The backend executes no programs. */
export const noExecutor = (): string => `the backend ${getBackend()} executes no programs`;

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

const inputName = (name: string): string => `batch ${name}`;

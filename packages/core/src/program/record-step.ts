import {
  clone,
  type DataId,
  engine,
  type KernelBackend,
  keep,
  type NamedTensorMap,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { dynamicAttributesOf } from '../dynamic-attributes';
import { derivationOf, noteDerivations, type RandomKey } from '../random';
import type { DynamicAttribute, LiteralData, ProgramCall, ProgramValue } from './program';

/** What a step is given, and what it may change. */
export interface StepTensors {
  /** What is given at each execution, by name. */
  readonly inputs: { readonly [name: string]: Tensor };
  /** What the step may change for the next one, by name: called before and after it. */
  states(): { readonly [name: string]: Tensor };
  /** The random stream of the step. */
  readonly key: RandomKey;
  /** Numbers that may be other ones at the next step, by the names of the dynamic attributes that come from them. */
  readonly numbers: { readonly [name: string]: number };
}

/** Where a value that no call computes comes from. */
export type Origin =
  | { readonly kind: 'input' | 'state'; readonly name: string }
  /** The tensor shares the data of one that the step used. */
  | { readonly kind: 'constant'; readonly tensor: Tensor }
  | { readonly kind: 'literal'; readonly data: LiteralData };

/** A dynamic attribute as it was in one step. */
export interface SeenAttribute extends Pick<DynamicAttribute, 'call' | 'attribute'> {
  /** The number, or how the key was derived from that of the step; undefined if it was not. */
  readonly seen: number | readonly (number | string)[] | undefined;
}

/** One execution of a step. */
export interface Recording {
  /** All values. */
  readonly values: readonly ProgramValue[];
  /** Of the values that no call computes, by place. */
  readonly origins: ReadonlyMap<number, Origin>;
  /** The operations, in order. */
  readonly calls: readonly ProgramCall[];
  /** The dynamic attributes of the operations. */
  readonly dynamic: readonly SeenAttribute[];
  /** The numbers that were given. */
  readonly numbers: { readonly [name: string]: number };
  /** The values of changed states after the step, by name. */
  readonly after: { readonly [name: string]: number };
  /** The values of the outputs. */
  readonly outputs: readonly number[];
}

/** A recording, or why there is none. */
export type RecordingOutcome = { readonly recording: Recording } | { readonly obstacle: string };

/** The parts of tfjs's engine that a recorder listens to; some are not in its types. */
interface Listened {
  readonly state: { readonly kernelDepth: number };
  readonly registeredVariables: NamedTensorMap;
  runKernelFunc(call: {
    kernelName?: string;
    inputs?: { readonly [name: string]: Tensor | null | undefined };
    attrs?: { readonly [name: string]: unknown };
  }): Tensor | Tensor[];
  makeTensor(values: unknown, shape: number[], dtype?: string, backend?: unknown): Tensor;
  readSync(dataId: DataId): unknown;
  moveData(backend: KernelBackend, dataId: DataId): void;
  read(dataId: DataId): unknown;
}

/** Kernels whose output is their input under another name or shape. */
const aliases = ['Identity', 'Reshape'];

/**
 * Runs a step, and records which kernels ran on what. The step is an ordinary one: it computes what it always does.
 *
 * @param outputsOf the tensors of the result that an execution has to return.
 * @returns the step's result, and its recording or what prevented one; {@link disposeRecording} gives back what it holds.
 */
export function recordStep<T>(
  given: StepTensors,
  step: () => T,
  outputsOf: (result: T) => readonly Tensor[],
): { result: T; outcome: RecordingOutcome } {
  const recorder = new Recorder(given);
  try {
    const result = recorder.listen(step);
    return { result, outcome: recorder.finish(outputsOf(result)) };
  } finally {
    noteDerivations(false);
  }
}

/** Disposes of the tensors that a recording holds. */
export function disposeRecording({ origins }: Pick<Recording, 'origins'>): void {
  for (const origin of origins.values()) if (origin.kind === 'constant') origin.tensor.dispose();
}

class Recorder {
  readonly #given: StepTensors;
  readonly #values: ProgramValue[] = [];
  readonly #origins = new Map<number, Origin>();
  readonly #calls: ProgramCall[] = [];
  readonly #dynamic: SeenAttribute[] = [];
  /** The place of each piece of data. */
  readonly #places = new Map<DataId, number>();
  /** What the engine has copied to keep it for a gradient, by the data of the copy. */
  readonly #copies = new Map<DataId, Tensor>();
  /** What may be read before it is computed. */
  readonly #known = new Map<DataId, Origin>();
  /** The data of the states before the step; variables get other data. */
  readonly #before: ReadonlyMap<string, DataId>;
  /** The data of all variables. */
  readonly #variables: ReadonlyMap<string, DataId>;
  #obstacle: string | undefined;

  constructor(given: StepTensors) {
    this.#given = given;
    this.#before = dataOf(given.states());
    this.#variables = dataOfVariables();
    for (const [name, dataId] of this.#before) this.#known.set(dataId, { kind: 'state', name });
    for (const [name, { dataId }] of Object.entries(given.inputs))
      this.#known.set(dataId, { kind: 'input', name });
    noteDerivations(true);
  }

  /** Runs a step, and listens to the engine while it does. */
  listen<T>(step: () => T): T {
    const listened = engine() as unknown as Listened;
    const { runKernelFunc, makeTensor, readSync, read, moveData } = listened;
    let isMoving = false;
    /** How many functions with a gradient of their own are running, which the engine counts as kernels: the step calls theirs. */
    let customDepth = 0;
    const isOutside = () => listened.state.kernelDepth === customDepth;
    const overrides: Partial<Listened> = {
      runKernelFunc: (call) => {
        const isOwn = isOutside();
        const isCustom = isOwn && call.kernelName === undefined;
        if (isCustom) customDepth += 1;
        try {
          const result = runKernelFunc.call(listened, call);
          const outputs = Array.isArray(result) ? result : [result];
          if (isOwn && !isCustom) this.#noteCall(call, outputs);
          else if (call.kernelName === 'Identity')
            this.#copies.set(outputs[0].dataId, call.inputs!.x as Tensor);
          return result;
        } finally {
          if (isCustom) customDepth -= 1;
        }
      },
      makeTensor: (values, ...others) => {
        const isOwn = isOutside();
        const made = makeTensor.call(listened, values, ...others);
        if (isOwn) this.#noteLiteral(made, values);
        return made;
      },
      readSync: (dataId) => {
        if (!isMoving) this.#refuse('it reads a tensor');
        return readSync.call(listened, dataId);
      },
      // The engine reads data that a kernel needs from another backend, which is none of the step's doing.
      moveData: (backend, dataId) => {
        isMoving = true;
        try {
          moveData.call(listened, backend, dataId);
        } finally {
          isMoving = false;
        }
      },
      read: (dataId) => {
        this.#refuse('it reads a tensor');
        return read.call(listened, dataId);
      },
    };
    // The engine's own are methods of its class; others may listen too.
    const others = Object.fromEntries(
      Object.entries(listened).filter(([name]) => Object.hasOwn(overrides, name)),
    );
    Object.assign(listened, overrides);
    try {
      return step();
    } finally {
      for (const name of Object.keys(overrides))
        delete (listened as Partial<Listened>)[name as keyof Listened];
      Object.assign(listened, others);
    }
  }

  finish(outputs: readonly Tensor[]): RecordingOutcome {
    const now = this.#given.states();
    const after: Record<string, number> = {};
    for (const [name, tensor] of Object.entries(now)) {
      const before = this.#before.get(name);
      if (before === tensor.dataId) continue;
      if (before === undefined) this.#refuse(`it makes ${name}`);
      else after[name] = this.#placeOf(tensor);
    }
    const known = new Set(Object.values(now).map(({ dataId }) => dataId));
    for (const [name, dataId] of dataOfVariables()) {
      if (this.#variables.get(name) !== dataId && !known.has(dataId))
        this.#refuse(`it changes the variable ${name}, which is not a part of the model`);
    }
    const used = outputs.map((output) => this.#placeOf(output));
    for (const origin of this.#origins.values()) {
      if (origin.kind !== 'constant') continue;
      if (origin.tensor.isDisposed) this.#refuse('it disposes of a tensor that was there before');
    }
    const recording: Recording = {
      values: this.#values,
      calls: this.#calls,
      dynamic: this.#dynamic,
      numbers: { ...this.#given.numbers },
      after,
      outputs: used,
      origins: this.#origins,
    };
    if (this.#obstacle !== undefined) return { obstacle: this.#obstacle };
    for (const [place, origin] of this.#origins)
      if (origin.kind === 'constant')
        this.#origins.set(place, { ...origin, tensor: keep(clone(origin.tensor)) });
    return { recording };
  }

  #refuse(obstacle: string): void {
    this.#obstacle ??= obstacle;
  }

  #noteCall(
    { kernelName = '', inputs = {}, attrs = {} }: Parameters<Listened['runKernelFunc']>[0],
    outputs: readonly Tensor[],
  ): void {
    // Some kernels have inputs that may be missing.
    const all = Object.entries(inputs).filter((entry): entry is [string, Tensor] => Boolean(entry[1]));
    if (aliases.includes(kernelName) && outputs[0].dataId === all[0][1].dataId) return;
    const call = this.#calls.length;
    const used = all.map(([name, tensor]) => [
      name,
      { value: this.#placeOf(tensor), shape: [...tensor.shape] },
    ]);
    this.#calls.push({
      kernel: kernelName,
      inputs: Object.fromEntries(used),
      outputs: outputs.map((tensor) => ({ value: this.#place(tensor), shape: [...tensor.shape] })),
      attributes: { ...attrs },
    });
    for (const attribute of dynamicAttributesOf(kernelName)) {
      const value = attrs[attribute];
      const seen = Array.isArray(value)
        ? derivationOf(value as unknown as RandomKey, this.#given.key)
        : (value as number | undefined);
      this.#dynamic.push({ call, attribute, seen });
    }
  }

  #noteLiteral(tensor: Tensor, values: unknown): void {
    if (!ArrayBuffer.isView(values)) return;
    this.#known.set(tensor.dataId, { kind: 'literal', data: values as LiteralData });
  }

  /** The place of a tensor that a call or the end of the step reads. */
  #placeOf(tensor: Tensor): number {
    const seen = this.#places.get(tensor.dataId);
    if (seen !== undefined) return seen;
    const copied = this.#copies.get(tensor.dataId);
    if (copied !== undefined && copied.dataId !== tensor.dataId) return this.#placeOf(copied);
    const place = this.#place(tensor);
    const known = this.#known.get(tensor.dataId);
    // Its own copy of the array, which may be used again by whoever made it.
    if (known?.kind === 'literal') this.#origins.set(place, { ...known, data: known.data.slice() });
    else this.#origins.set(place, known ?? { kind: 'constant', tensor });
    return place;
  }

  #place({ dataId, shape, dtype }: Tensor): number {
    const place = this.#values.length;
    this.#values.push({ shape: [...shape], dtype });
    this.#places.set(dataId, place);
    return place;
  }
}

const dataOf = (tensors: { readonly [name: string]: Tensor }): Map<string, DataId> =>
  new Map(Object.entries(tensors).map(([name, { dataId }]) => [name, dataId]));

/** The data of all variables there are. */
const dataOfVariables = (): Map<string, DataId> =>
  dataOf((engine() as unknown as Listened).registeredVariables);

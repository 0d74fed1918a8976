import type { LiteralData, Program, ProgramCall } from '@harmonic-mlp/core/program';
import {
  Abs,
  type DataId,
  Elu,
  Exp,
  engine,
  getKernel,
  type KernelConfig,
  Log,
  Neg,
  Relu,
  Relu6,
  Rsqrt,
  Sigmoid,
  Softmax,
  Step,
  Tanh,
  type Tensor,
  type TensorInfo,
  util,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import { callsOf, givenOf, type KernelCall, type ProgramKernel } from '../program/call-list';
import { stockKernels } from '../program/stock';
import { fusedBatchNorm } from '../stock/fused-batch-norm';
import { batchMatMul } from '../stock/mat-mul';
import { simplify } from './simplified-program';

/** What a tensor is, apart from its data. */
type Form = Omit<TensorInfo, 'dataId'>;

/** A call of a tfjs kernel, whose inputs are other tensors each time. */
interface BackendCall {
  readonly kernelName: string;
  /** By name, or in order. */
  readonly inputs: object;
  /** Which value each input is. */
  readonly uses: readonly { readonly place: number; readonly info: TensorInfo }[];
  readonly attributes: object;
}

/** A call of the module, whose arguments include addresses. */
interface ModuleCall {
  readonly run: (...args: number[]) => void;
  readonly args: number[];
  /** The arguments that are other addresses each time. */
  readonly moving: KernelCall['places'];
}

/** A call of a step. */
interface Call {
  readonly made: BackendCall | readonly ModuleCall[];
  /** The outputs that the module's calls need memory for. */
  readonly allocated: readonly Result[];
  /** The values that a kernel makes, in order. */
  readonly outputs: readonly number[];
  /** The values that nothing needs afterwards. */
  readonly freed: readonly number[];
}

/** A value, in the form in which it leaves the step. */
interface Result {
  readonly place: number;
  readonly form: Form;
}

/** A value of more bytes than these gets new memory at each execution, and so do those beyond the bytes that a step may keep. */
const mostKeptBytes = 1 << 14;
const mostKeptBytesOfAll = 1 << 20;

/** The steps that keep values: the last ones that have been taken. */
const keeping = new Set<RepeatedStep>();
const mostKeeping = 8;

/** Frees what steps keep; a step that is taken again keeps it again. */
export function releaseSteps(): void {
  for (const step of keeping) step.release();
}

/**
 * A step that calls kernels rather than tfjs's operations, on the same values in the same order, so that its results are the same to
 * the bit. Its small values stay where they are on the heap until {@link mostKeeping} others have been taken.
 */
export class RepeatedStep {
  readonly #heap: Heap;
  /** The kernels that are replaced by calls of the module. */
  readonly #replaced: readonly string[];
  /** The values that are given. */
  readonly #given: readonly { readonly place: number; readonly from: number }[];
  readonly #calls: readonly Call[];
  readonly #outputs: readonly Result[];
  /** What variables become. */
  readonly #states: readonly { readonly from: number; readonly after: number }[];
  /** The forms of the values that stay where they are: constants, and small results of calls of the module. */
  readonly #forms = new Map<number, Form>();
  readonly #constants: ReadonlyMap<number, LiteralData>;
  /** The data of these values, while they are kept; undefined for others. */
  readonly #kept: (DataId | undefined)[];
  /** The arguments that are addresses of kept values. */
  readonly #placed: { args: number[]; argument: number; place: number; offset: number }[] = [];
  /** The values that are there at the end, besides. */
  readonly #last: readonly number[];

  /**
   * @param program the names of its inputs and states are their places among the tensors that it will be given.
   * @param shapes of its outputs.
   */
  constructor(program: Program, shapes: readonly number[][], heap: Heap) {
    const { values } = program;
    const { calls, constants, original } = simplify(program, (call, known) =>
      evaluate(heap, call, program, known),
    );
    const states = Object.entries(program.states).map(([name, { before, after }]) => ({
      from: Number(name),
      before,
      after: original(after),
    }));
    const inputs = Object.entries(program.inputs).map(([name, place]) => ({ place, from: Number(name) }));
    const befores = states.flatMap(({ from, before }) =>
      before === undefined ? [] : [{ place: before, from }],
    );
    this.#heap = heap;
    this.#states = states;
    this.#given = [...inputs, ...befores];
    this.#outputs = program.outputs.map((place, i) => ({
      place: original(place),
      form: { shape: shapes[i], dtype: values[place].dtype },
    }));

    const lasting = new Set([
      ...this.#outputs.map(({ place }) => place),
      ...states.map(({ after }) => after),
    ]);
    const given = new Set(this.#given.map(({ place }) => place));
    this.#constants = constants;
    this.#kept = new Array(values.length).fill(undefined);
    const formOf = (place: number, shape = values[place].shape): Form => ({
      shape: [...shape],
      dtype: values[place].dtype,
    });
    for (const place of constants.keys()) this.#forms.set(place, formOf(place));
    const lowered = calls.map((call) => loweredCalls(call, program, heap));
    this.#replaced = [...new Set(calls.flatMap(({ kernel }, i) => (lowered[i] === undefined ? [] : kernel)))];
    // tfjs's kernels keep what they make of matrices by the ids of their data, so these must not get other values; some return what
    // they are given.
    const usedByBackend = new Set(
      calls.flatMap(({ kernel, inputs }, i) =>
        lowered[i] === undefined && !forgetful.includes(kernel)
          ? Object.values(inputs).map(({ value }) => value)
          : [],
      ),
    );
    let keptBytes = Array.from(this.#forms.values(), bytesOf).reduce((sum, bytes) => sum + bytes, 0);
    const made = calls.map((call, i): Omit<Call, 'freed'> & { uses: number[] } => {
      const outputs = call.outputs.map(({ value }) => value);
      const uses = Object.values(call.inputs).map(({ value }) => value);
      const ofModule = lowered[i];
      if (ofModule === undefined) return { made: boundTo(call, program), allocated: [], outputs, uses };
      const allocated = call.outputs.flatMap(({ value: place, shape }) => {
        const form = formOf(place, shape);
        const bytes = bytesOf(form);
        const isKept =
          bytes <= mostKeptBytes &&
          keptBytes + bytes <= mostKeptBytesOfAll &&
          !lasting.has(place) &&
          !usedByBackend.has(place);
        if (!isKept) return [{ place, form }];
        keptBytes += bytes;
        this.#forms.set(place, form);
        return [];
      });
      const placed = ofModule.map(({ kernel, given: args, places }): ModuleCall => {
        for (const { argument, place, offset } of places)
          if (this.#forms.has(place)) this.#placed.push({ args, argument, place, offset });
        const run = heap.kernels[kernel] as ModuleCall['run'];
        return { run, args, moving: places.filter(({ place }) => !this.#forms.has(place)) };
      });
      return { made: placed, allocated, outputs, uses };
    });
    const isFreed = (place: number) => !given.has(place) && !this.#forms.has(place);
    this.#last = [...lasting].filter(isFreed);
    // From the last call on, so that the first one that uses a value is the last one of all.
    const seen = new Set(lasting);
    const backwards = made.reverse().map(({ uses, ...call }) => {
      const freed = [...new Set([...call.outputs, ...uses])].filter(
        (place) => !seen.has(place) && isFreed(place),
      );
      for (const place of freed) seen.add(place);
      return { ...call, freed };
    });
    this.#calls = backwards.reverse();
  }

  /** Whether the kernels that it does without are still the same. */
  get isCurrent(): boolean {
    return this.#replaced.every(isUnaltered);
  }

  /** Takes a step: changes variables among the given tensors, and returns the outputs as new tensors. */
  run(tensors: readonly (Tensor | null)[]): Tensor[] {
    const { backend } = this.#heap;
    this.#keep();
    const data = this.#kept.slice();
    try {
      for (const { place, from } of this.#given) data[place] = tensors[from]!.dataId;
      for (const call of this.#calls) {
        if ('kernelName' in call.made) this.#callBackend(call.made, call.outputs, data);
        else this.#callModule(call.made, call.allocated, data);
        for (const place of call.freed) this.#free(place, data);
      }
      for (const { from, after } of this.#states) {
        const variable = tensors[from] as Variable;
        const next = this.#result({ place: after, form: variable }, data);
        variable.assign(next);
        next.dispose();
      }
      const outputs = this.#outputs.map((output) => this.#result(output, data));
      for (const place of this.#last) this.#free(place, data);
      return outputs;
    } catch (error) {
      for (const { place } of this.#given) data[place] = undefined;
      for (const [place, dataId] of data.entries())
        if (dataId !== undefined && !this.#forms.has(place)) backend.disposeData(dataId);
      throw error;
    }
  }

  /** Frees what the step keeps. */
  release(): void {
    keeping.delete(this);
    const { backend } = this.#heap;
    for (const [place, dataId] of this.#kept.entries()) {
      this.#kept[place] = undefined;
      // A removed backend has no module.
      if (dataId !== undefined && backend.wasm) backend.disposeData(dataId);
    }
  }

  /** Has the values that are kept on the heap, and notes that this step is the last one. */
  #keep(): void {
    const isKept = keeping.delete(this);
    keeping.add(this);
    if (isKept) return;
    const [first] = keeping;
    if (keeping.size > mostKeeping) first.release();
    try {
      for (const [place, form] of this.#forms) {
        const constant = this.#constants.get(place);
        const { dataId } =
          constant === undefined
            ? this.#heap.allocate(form.shape, form.dtype)
            : tensorOf(this.#heap, constant, form);
        this.#kept[place] = dataId;
      }
    } catch (error) {
      this.release();
      throw error;
    }
    for (const { args, argument, place, offset } of this.#placed)
      args[argument] = this.#addressOf(this.#kept[place]!) + offset;
  }

  #callBackend(call: BackendCall, outputs: readonly number[], data: (DataId | undefined)[]): void {
    for (const { place, info } of call.uses) info.dataId = data[place]!;
    const made = callKernel(this.#heap, call);
    for (const [i, place] of outputs.entries()) data[place] = made[i].dataId;
  }

  #callModule(
    calls: readonly ModuleCall[],
    allocated: readonly Result[],
    data: (DataId | undefined)[],
  ): void {
    for (const { place, form } of allocated) data[place] = this.#heap.allocate(form.shape, form.dtype).dataId;
    for (const { run, args, moving } of calls) {
      for (const { argument, place, offset } of moving)
        args[argument] = this.#addressOf(data[place]!) + offset;
      run(...args);
    }
  }

  /** A value as a tensor of tfjs's engine. */
  #result({ place, form: { shape, dtype } }: Result, data: readonly (DataId | undefined)[]): Tensor {
    const { backend } = this.#heap;
    const dataId = data[place]!;
    backend.incRef(dataId);
    return engine().makeTensorFromTensorInfo({ dataId, shape, dtype }, backend);
  }

  #free(place: number, data: (DataId | undefined)[]): void {
    this.#heap.backend.disposeData(data[place]!);
    data[place] = undefined;
  }

  #addressOf(dataId: DataId): number {
    return this.#heap.backend.dataIdMap.get(dataId).memoryOffset;
  }
}

/** The backend's own kernels that only compute a new tensor from the values of another. */
const forgetful = [Abs, Elu, Exp, Log, Neg, Relu, Relu6, Rsqrt, Sigmoid, Softmax, Step, Tanh] as string[];

/** The kernels that only call the module, with arguments that depend on shapes and attributes. */
const lowerable = new Map<string, ProgramKernel>(stockKernels.map((kernel) => [kernel.kernelName, kernel]));
for (const { name, run } of [batchMatMul, fusedBatchNorm])
  lowerable.set(name, { kernelName: name, run: run as ProgramKernel['run'] });

/** The kernels that the backend had when this package's were registered; other code may have put others in their places since. */
let atFirst: ReadonlyMap<string, KernelConfig | undefined> = new Map();

/** Takes note of the kernels that there are now. */
export function noteKernels(): void {
  atFirst = new Map(Array.from(lowerable.keys(), (name) => [name, getKernel(name, 'wasm')]));
}

const isUnaltered = (name: string): boolean => {
  const kernel = getKernel(name, 'wasm');
  return kernel !== undefined && kernel === atFirst.get(name);
};

/** The calls of the module that a call consists of; undefined if that is not all of it. */
function loweredCalls(call: ProgramCall, program: Program, heap: Heap): KernelCall[] | undefined {
  const kernel = isUnaltered(call.kernel) ? lowerable.get(call.kernel) : undefined;
  return kernel && callsOf(kernel, givenOf(program, call, heap));
}

function callKernel(heap: Heap, { kernelName, inputs, attributes }: BackendCall): TensorInfo[] {
  const { kernelFunc } = getKernel(kernelName, engine().backendName);
  const made = kernelFunc({ inputs: inputs as never, attrs: attributes as never, backend: heap.backend });
  return Array.isArray(made) ? made : [made];
}

/** Computes what a call gives for constants. */
function evaluate(
  heap: Heap,
  call: ProgramCall,
  program: Program,
  constants: ReadonlyMap<number, LiteralData>,
): LiteralData[] {
  const bound = boundTo(call, program);
  const used: DataId[] = [];
  try {
    for (const { place, info } of bound.uses) {
      const data = constants.get(place);
      // Of others, only the shape matters.
      const { dataId } =
        data === undefined ? heap.allocate(info.shape, info.dtype) : tensorOf(heap, data, info);
      used.push(dataId);
      info.dataId = dataId;
    }
    const made = callKernel(heap, bound);
    used.push(...made.map(({ dataId }) => dataId));
    return made.map((tensor) => {
      const { buffer } = bytesIn(heap, tensor).slice();
      if (tensor.dtype === 'float32') return new Float32Array(buffer);
      return tensor.dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
    });
  } finally {
    for (const dataId of used) heap.backend.disposeData(dataId);
  }
}

function tensorOf(heap: Heap, data: LiteralData, { shape, dtype }: Form): TensorInfo {
  const tensor = heap.allocate(shape, dtype);
  bytesIn(heap, tensor).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return tensor;
}

const bytesOf = ({ shape, dtype }: Form): number => util.sizeFromShape(shape) * util.bytesPerElement(dtype);

/** The memory of a tensor, until the heap grows. */
const bytesIn = (heap: Heap, tensor: TensorInfo): Uint8Array =>
  new Uint8Array(heap.backend.wasm.HEAPU8.buffer, heap.address(tensor), bytesOf(tensor));

/** A call whose inputs have no data yet. */
function boundTo({ kernel, inputs, attributes }: ProgramCall, { values }: Program): BackendCall {
  const entries = Object.entries(inputs).map(([name, { value: place, shape }]) => {
    const info: TensorInfo = { dataId: {}, shape: [...shape], dtype: values[place].dtype };
    return { name, place, info };
  });
  // Lists of tensors have been recorded by their places.
  const isList = entries.length > 0 && entries.every(({ name }, i) => name === String(i));
  return {
    kernelName: kernel,
    inputs: isList
      ? entries.map(({ info }) => info)
      : Object.fromEntries(entries.map(({ name, info }) => [name, info])),
    uses: entries.map(({ place, info }) => ({ place, info })),
    attributes,
  };
}

import {
  attributeOf,
  type CompiledProgram,
  type DynamicAttribute,
  type ExecutionScalars,
  type LiteralData,
  type MemoryPlan,
  type Program,
  type ProgramCall,
  type ProgramExecutor,
  planMemory,
  type ValueUse,
} from '@harmonic-mlp/core/program';
import { engine, type Tensor, util } from '@tensorflow/tfjs-core';
import { kernelCodes } from '../../generated/kernel-codes';
import type { Heap } from '../heap';
import { linkedHeap } from '../linked-heap';
import type { OperationKernel } from '../operations';
import type { WasmBackend } from '../wasm-backend';
import {
  callsOf,
  type KernelCall,
  type KernelGiven,
  type PlacedTensor,
  type ProgramKernel,
  rewriteArguments,
} from './call-list';
import { type StockKernel, stockKernels } from './stock';

/** Which output may have the memory of which input: each value is read before it is written. */
const inPlace: { readonly [kernel: string]: { readonly [input: string]: number } } = {
  'HarmonicMLP.AdamStep': { parameter: 0, firstMoment: 1, secondMoment: 2 },
  'HarmonicMLP.Descend': { parameter: 0 },
  'HarmonicMLP.BatchNorm': { runningMean: 3, runningVariance: 4 },
};

/** Places values of a program in memory. */
type Planner = (program: Program, chosen: Iterable<number>) => MemoryPlan;

/** No kernel has this number. */
const end = -1;

/**
 * What runs programs on the backend's heap.
 *
 * @param isActive whether a kernel is in use outside of programs, where others would compute other bits.
 * @param plan places values in memory. Default: {@link planMemory}.
 */
export function wasmExecutor(
  operations: readonly OperationKernel[],
  isActive: (kernelName: string) => boolean,
  plan: Planner = planMemory,
): ProgramExecutor {
  const kernels = new Map<string, ProgramKernel>();
  for (const kernel of [...stockKernels, ...operations]) kernels.set(kernel.kernelName, kernel);
  const isAsOutside = (name: string) => !needsActive(kernels.get(name)!) || isActive(name);
  return {
    name: '@harmonic-mlp/wasm-kernels',
    compile(program, constants) {
      const heap = heapInUse();
      if (heap === undefined) return { obstacle: 'the kernels are not in use' };
      const known = ['float32', 'int32', 'bool'];
      const strange = program.values.find(({ dtype }) => !known.includes(dtype));
      if (strange !== undefined) return { obstacle: `it has a tensor of ${strange.dtype}` };
      const overwritten = findOverwritten(program);
      if (overwritten !== undefined) return { obstacle: `it keeps what ${overwritten} was before the step` };
      const lowered: KernelCall[][] = [];
      for (const call of program.calls) {
        const kernel = kernels.get(call.kernel);
        const isKnown = kernel !== undefined && isAsOutside(call.kernel);
        const calls = isKnown ? callsOf(kernel, givenOf(program, call, heap)) : undefined;
        if (calls === undefined) return { obstacle: `there is no kernel for ${describe(call)}` };
        lowered.push(calls);
      }
      try {
        return new HeapProgram(program, constants, { kernels, lowered, heap, plan });
      } catch (error) {
        if (error instanceof RangeError) return { obstacle: error.message };
        throw error;
      }
    },
  };
}

/** The heap on which the kernels are at work. */
const heapInUse = (): Heap | undefined => linkedHeap(engine().registry.wasm as WasmBackend | undefined);

const needsActive = (kernel: ProgramKernel): boolean => (kernel as Partial<StockKernel>).isReplaced !== false;

/** `Sum of [16,3]`. */
function describe({ kernel, inputs }: ProgramCall): string {
  const shapes = Object.values(inputs).map(({ shape }) => `[${shape}]`);
  return shapes.length === 0 ? kernel : `${kernel} of ${shapes.join(' and ')}`;
}

/** What the kernel of a call is given. */
function givenOf({ values }: Program, { inputs, outputs, attributes }: ProgramCall, heap: Heap): KernelGiven {
  const placed = ({ value: place, shape }: ValueUse): PlacedTensor => {
    const { dtype } = values[place];
    return { place, shape: [...shape], dtype, dataId: {} };
  };
  const tensors = Object.entries(inputs).map(([name, use]) => [name, placed(use)]);
  return { inputs: Object.fromEntries(tensors), outputs: outputs.map(placed), attributes, memory: heap };
}

/** A call whose arguments change from one execution to the next. */
interface DynamicCall {
  readonly kernel: ProgramKernel;
  readonly given: KernelGiven;
  /** Its attributes, of which these change. */
  readonly attributes: { [name: string]: unknown };
  readonly dynamic: readonly DynamicAttribute[];
  /** Where its code begins. */
  readonly at: number;
}

/** A program whose code and temporary values are on the backend's heap, beside the tensors that it reads and changes. */
class HeapProgram implements CompiledProgram {
  readonly #program: Program;
  readonly #heap: Heap;
  /** The value whose memory a value has: what a state was, for what it becomes. */
  readonly #homeOf: (place: number) => number;
  /** The values of tensors outside, by name. */
  readonly #tensors: readonly { readonly name: string; readonly place: number; readonly isState: boolean }[];
  /** The address of each value in the code. */
  readonly #addresses: Float64Array;
  /** The address of each value that has a place in the memory of the program. */
  readonly #own = new Map<number, number>();
  /** The positions in the code of the address of each value. */
  readonly #uses: readonly { readonly at: number; readonly offset: number }[][];
  readonly #dynamic: readonly DynamicCall[];
  /** The values that an execution returns. */
  readonly #outputs: readonly { readonly place: number; readonly size: number }[];
  readonly #views = new Map<string, Float32Array | Int32Array>();
  #bound: {
    readonly name: string;
    readonly tensor: Tensor;
    readonly place: number;
    readonly isState: boolean;
  }[] = [];
  readonly #memory: number;
  readonly #code: number;
  readonly #length: number;
  #words: Float64Array | undefined;

  constructor(
    program: Program,
    constants: readonly Tensor[],
    {
      kernels,
      lowered,
      heap,
      plan,
    }: {
      kernels: ReadonlyMap<string, ProgramKernel>;
      /** The kernel calls of each call. */
      lowered: readonly (readonly KernelCall[])[];
      heap: Heap;
      plan: Planner;
    },
  ) {
    this.#program = program;
    this.#heap = heap;
    const places = program.values.length + Object.keys(program.states).length;
    this.#uses = Array.from({ length: places }, () => []);
    this.#addresses = new Float64Array(places);

    const replaced = new Map<number, number>();
    this.#homeOf = (place) => replaced.get(place) ?? place;
    const copies: { from: number; to: number }[] = [];
    const tensors = Object.entries(program.inputs).map(([name, place]) => ({ name, place, isState: false }));
    Object.entries(program.states).forEach(([name, { before, after }], i) => {
      // A state that is only written has a place of its own, after those of the values.
      const place = before ?? program.values.length + i;
      tensors.push({ name, place, isState: true });
      if (!replaced.has(after) && canTakeOver(program, before, after)) replaced.set(after, place);
      else copies.push({ from: after, to: place });
    });
    this.#tensors = tensors;
    const given = new Set([
      ...tensors.flatMap(({ place, isState }) => (isState ? place : [])),
      ...program.constants,
      ...replaced.keys(),
    ]);
    const used = usedValues(program);
    const { offsets, bytes } = plan(
      program,
      [...used].filter((place) => !given.has(place)),
    );
    const code: number[] = [];
    const changing: DynamicCall[] = [];
    const append = ({ code: kernel, given: args, places }: KernelCall) => {
      const at = code.length + 1;
      code.push(kernel, ...args);
      for (const { argument, place, offset } of places)
        this.#uses[this.#homeOf(place)].push({ at: at + argument, offset });
    };
    lowered.forEach((calls, i) => {
      const dynamic = program.dynamic.filter(({ call }) => call === i);
      if (dynamic.length > 0) {
        const call = program.calls[i];
        const attributes = { ...call.attributes };
        const given = { ...givenOf(program, call, heap), attributes };
        changing.push({ kernel: kernels.get(call.kernel)!, given, attributes, dynamic, at: code.length });
      }
      for (const each of calls) append(each);
    });
    for (const { from, to } of copies) {
      const { shape } = program.values[from];
      const places = [from, to].map((place, i) => ({ argument: i + 1, place, offset: 0 }));
      append({ code: kernelCodes.copy.code, given: [4 * util.sizeFromShape([...shape]), 0, 0], places });
    }
    code.push(end);
    this.#dynamic = changing;
    this.#outputs = program.outputs.map((place) => ({
      place: this.#homeOf(place),
      size: util.sizeFromShape([...program.values[place].shape]),
    }));
    this.#length = code.length;

    const { _malloc } = heap.backend.wasm;
    this.#memory = _malloc(Math.max(16, bytes)) >>> 0;
    this.#code = _malloc(8 * code.length) >>> 0;
    if (this.#memory === 0 || this.#code === 0) {
      this.dispose();
      throw new RangeError(`The wasm heap has no memory left for a program of ${bytes} bytes.`);
    }
    this.#view().set(code);
    for (const [place, offset] of offsets) {
      this.#own.set(place, this.#memory + offset);
      this.#moveTo(place, this.#memory + offset);
    }
    program.constants.forEach((place, i) => {
      this.#moveTo(place, heap.address(constants[i]));
    });
    for (const { value, data } of program.literals) {
      if (used.has(value)) this.#bytesOf(value, data).set(bytesIn(data));
    }
  }

  get isCurrent(): boolean {
    return heapInUse() === this.#heap;
  }

  bind(tensors: { readonly [name: string]: Tensor }): void {
    this.#bound = [];
    for (const { name, place, isState } of this.#tensors) {
      const tensor = tensors[name];
      if (tensor !== undefined) this.#bound.push({ name, tensor, place, isState });
      else this.#moveTo(place, this.#own.get(place)!);
    }
  }

  shared(): string[] {
    const { dataIdMap } = this.#heap.backend;
    const names: string[] = [];
    for (const { name, tensor, isState } of this.#bound)
      if (isState && dataIdMap.get(tensor.dataId).refCount > 1) names.push(name);
    return names;
  }

  memoryOf(input: string): Float32Array | Int32Array {
    const { buffer } = this.#heap.backend.wasm.HEAPU8;
    const known = this.#views.get(input);
    if (known?.buffer === buffer) return known;
    const place = this.#program.inputs[input];
    const { shape, dtype } = this.#program.values[place];
    const size = util.sizeFromShape([...shape]);
    const address = this.#own.get(place)!;
    const view =
      dtype === 'int32' ? new Int32Array(buffer, address, size) : new Float32Array(buffer, address, size);
    this.#views.set(input, view);
    return view;
  }

  execute(scalars: ExecutionScalars): readonly Float32Array[] {
    const { dataIdMap, wasm } = this.#heap.backend;
    for (const { tensor, place } of this.#bound) {
      const { memoryOffset } = dataIdMap.get(tensor.dataId);
      if (memoryOffset !== this.#addresses[place]) this.#moveTo(place, memoryOffset);
    }
    this.#setDynamic(scalars);
    this.#heap.kernels.execute(this.#code);
    const { buffer } = wasm.HEAPU8;
    return this.#outputs.map(({ place, size }) =>
      new Float32Array(buffer, this.#addresses[place], size).slice(),
    );
  }

  dispose(): void {
    // A removed backend has no module.
    for (const address of [this.#memory, this.#code]) this.#heap.backend.wasm?._free(address);
  }

  /** Writes the arguments that depend on dynamic attributes. */
  #setDynamic(scalars: ExecutionScalars): void {
    const view = this.#view();
    for (const { kernel, given, attributes, dynamic, at } of this.#dynamic) {
      for (const { attribute, source } of dynamic) attributes[attribute] = attributeOf(source, scalars);
      rewriteArguments(kernel, given, view, at);
    }
  }

  /** Changes the address of a value wherever the code has it. */
  #moveTo(place: number, address: number): void {
    this.#addresses[place] = address;
    const view = this.#view();
    for (const { at, offset } of this.#uses[place]) view[at] = address + offset;
  }

  /** The code; the heap has another buffer when it has grown. */
  #view(): Float64Array {
    const { buffer } = this.#heap.backend.wasm.HEAPU8;
    if (this.#words?.buffer !== buffer) this.#words = new Float64Array(buffer, this.#code, this.#length);
    return this.#words;
  }

  #bytesOf(place: number, { byteLength }: LiteralData): Uint8Array {
    return new Uint8Array(this.#heap.backend.wasm.HEAPU8.buffer, this.#addresses[place], byteLength);
  }
}

const bytesIn = ({ buffer, byteOffset, byteLength }: LiteralData) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The values that calls read or write, or that are returned. */
const usedValues = ({ calls, outputs }: Program): Set<number> =>
  new Set([
    ...calls.flatMap(({ inputs, outputs }) =>
      [...Object.values(inputs), ...outputs].map(({ value }) => value),
    ),
    ...outputs,
  ]);

/** Whether what a state becomes can take the memory of what it was: nothing reads that any more, or the kernel itself reads it first. */
function canTakeOver({ calls }: Program, before: number | undefined, after: number): boolean {
  const made = calls.findIndex((call) => call.outputs.some(({ value }) => value === after));
  if (made < 0) return false;
  const reads = calls.flatMap((call, i) =>
    Object.entries(call.inputs).flatMap(([name, { value }]) => (value === before ? [{ i, name }] : [])),
  );
  if (reads.some(({ i }) => i > made)) return false;
  const atOnce = reads.filter(({ i }) => i === made);
  const { kernel, outputs: results } = calls[made];
  return atOnce.every(({ name }) => results[inPlace[kernel]?.[name]]?.value === after);
}

/** The name of a state whose earlier value is wanted after the step, where it has a new one: by another state or as an output. */
function findOverwritten({ states, outputs }: Program): string | undefined {
  const wanted = [...outputs, ...Object.values(states).map(({ after }) => after)];
  return Object.keys(states).find((name) => {
    const { before, after } = states[name];
    return before !== undefined && before !== after && wanted.includes(before);
  });
}

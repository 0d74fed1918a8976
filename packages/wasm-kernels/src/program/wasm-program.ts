import {
  attributeOf,
  type CompiledProgram,
  canTakeOver,
  type DynamicAttribute,
  dynamicKey,
  type ExecutionScalars,
  type LiteralData,
  type MemoryPlan,
  type Program,
  type ValueUse,
} from '@harmonic-mlp/core/program';
import { type DataId, type Tensor, util } from '@tensorflow/tfjs-core';
import { barrierCode, kernelCodes } from '../../generated/kernel-codes';
import { noteChangeInPlace } from '../changed-in-place';
import type { DynamicArguments } from '../operations';
import { BarrierPlacement } from './barrier-placement';
import type { KernelCall, ProgramKernel } from './call-list';
import type { ProgramMemory } from './program-memory';

/** Places values of a program in memory. */
export type Planner = (program: Program, chosen: Iterable<number>) => MemoryPlan;

/** No kernel has this number. */
const end = -1;

/** Arguments that change from one execution to the next, the same in all calls that have the same attributes. */
interface DynamicWords {
  readonly dynamic: DynamicArguments<never>;
  readonly attributes: { [name: string]: unknown };
  /** Those of the attributes that change. */
  readonly sources: readonly DynamicAttribute[];
  /** Where the first one is, in the code of each call. */
  readonly at: number[];
}

/** A tensor outside of a program, and the value that it is there. */
interface BoundTensor {
  readonly tensor: Tensor;
  readonly place: number;
}

/** A program whose code and values are in a memory. */
export class WasmProgram implements CompiledProgram {
  readonly #program: Program;
  readonly #memory: ProgramMemory;
  /** The value whose memory a value has: what a state was, for what it becomes. */
  readonly #homeOf: (place: number) => number;
  /** The values of tensors outside, by name. */
  readonly #tensors: readonly { readonly name: string; readonly place: number; readonly isState: boolean }[];
  /** The tensors of the program's constants. */
  readonly #constants: readonly BoundTensor[];
  /** The address of each value in the code. */
  readonly #addresses: Float64Array;
  /** The address of each value that has a place in the memory of the program. */
  readonly #own = new Map<number, number>();
  /** The positions in the code of the address of each value. */
  readonly #uses: readonly { readonly at: number; readonly offset: number }[][];
  readonly #dynamic: readonly DynamicWords[];
  /** The values that an execution returns. */
  readonly #outputs: readonly { readonly place: number; readonly size: number }[];
  readonly #views = new Map<string, Float32Array | Int32Array>();
  #bound: (BoundTensor & { readonly name: string; readonly isState: boolean; changed?: DataId })[] = [];
  readonly #values: number;
  readonly #code: number;
  readonly #length: number;
  #words: Float64Array | undefined;

  constructor(
    program: Program,
    constants: readonly Tensor[],
    {
      kernels,
      lowered,
      memory,
      plan,
    }: {
      kernels: ReadonlyMap<string, ProgramKernel>;
      /** The kernel calls of each call. */
      lowered: readonly (readonly KernelCall[])[];
      memory: ProgramMemory;
      plan: Planner;
    },
  ) {
    this.#program = program;
    this.#memory = memory;
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
    const planned = plan(
      program,
      [...used].filter((place) => !given.has(place)),
    );
    const code: number[] = [];
    const words = new Map<string, DynamicWords>();
    const barriers = new BarrierPlacement(planned.offsets, this.#bytes);
    const append = (calls: readonly KernelCall[], reads: readonly number[], writes: readonly number[]) => {
      for (const { kernel, given: args, places } of calls) {
        const home = (place: number) => this.#homeOf(place);
        if (memory.threads > 1 && barriers.isNeeded(reads.map(home), writes.map(home)))
          code.push(barrierCode);
        const at = code.length + 1;
        code.push(kernelCodes[kernel].code, ...args);
        for (const { argument, place, offset } of places)
          this.#uses[this.#homeOf(place)].push({ at: at + argument, offset });
      }
    };
    lowered.forEach((calls, i) => {
      const call = program.calls[i];
      const valuesOf = (uses: readonly ValueUse[]) => uses.map(({ value }) => value);
      append(calls, valuesOf(Object.values(call.inputs)), valuesOf(call.outputs));
      const sources = program.dynamic.filter((each) => each.call === i);
      if (sources.length === 0) return;
      const dynamic = kernels.get(call.kernel)!.dynamic!;
      const at = code.length - calls[0].given.length + dynamic.first;
      const alike = words.get(dynamicKey(call, sources));
      if (alike === undefined)
        words.set(dynamicKey(call, sources), {
          dynamic,
          attributes: { ...call.attributes },
          sources,
          at: [at],
        });
      else alike.at.push(at);
    });
    for (const { from, to } of copies) {
      const places = [from, to].map((place, i) => ({ argument: i + 1, place, offset: 0 }));
      append([{ kernel: 'copy', given: [this.#bytes(from), 0, 0], places }], [from], [to]);
    }
    if (memory.threads > 1) code.push(barrierCode);
    code.push(end);
    this.#dynamic = [...words.values()];
    this.#outputs = program.outputs.map((place) => ({
      place: this.#homeOf(place),
      size: util.sizeFromShape([...program.values[place].shape]),
    }));
    this.#length = code.length;

    this.#values = memory.allocate(Math.max(16, planned.bytes));
    this.#code = memory.allocate(8 * code.length);
    if (this.#values === 0 || this.#code === 0) {
      this.dispose();
      throw new RangeError(`The wasm heap has no memory left for a program of ${planned.bytes} bytes.`);
    }
    this.#view().set(code);
    for (const [place, offset] of planned.offsets) {
      this.#own.set(place, this.#values + offset);
      this.#moveTo(place, this.#values + offset);
    }
    this.#constants = program.constants.map((place, i) => ({ place, tensor: constants[i] }));
    for (const { value, data } of program.literals) {
      if (used.has(value)) this.#bytesOf(value, data).set(bytesIn(data));
    }
  }

  get isCurrent(): boolean {
    return this.#memory.isCurrent;
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
    const names: string[] = [];
    for (const { name, tensor, isState } of this.#bound)
      if (isState && this.#memory.isShared(tensor)) names.push(name);
    return names;
  }

  memoryOf(input: string): Float32Array | Int32Array {
    const { buffer } = this.#memory;
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
    this.#follow(this.#bound);
    for (const bound of this.#bound) {
      const { dataId } = bound.tensor;
      if (!bound.isState || bound.changed === dataId) continue;
      noteChangeInPlace(dataId);
      bound.changed = dataId;
    }
    this.#follow(this.#constants);
    this.#setDynamic(scalars);
    this.#memory.execute(this.#code);
    const { buffer } = this.#memory;
    return this.#outputs.map(({ place, size }) =>
      new Float32Array(buffer, this.#addresses[place], size).slice(),
    );
  }

  dispose(): void {
    for (const address of [this.#values, this.#code]) this.#memory.free(address);
  }

  /** Writes the addresses of tensors whose data are somewhere else now. */
  #follow(tensors: readonly BoundTensor[]): void {
    for (const { tensor, place } of tensors) {
      const address = this.#memory.addressOf(tensor);
      if (address !== this.#addresses[place]) this.#moveTo(place, address);
    }
  }

  /** Writes the arguments that depend on dynamic attributes. */
  #setDynamic(scalars: ExecutionScalars): void {
    const view = this.#view();
    for (const { dynamic, attributes, sources, at } of this.#dynamic) {
      for (const { attribute, source } of sources) attributes[attribute] = attributeOf(source, scalars);
      const values = dynamic.of(attributes as never);
      for (const first of at) for (let i = 0; i < values.length; i++) view[first + i] = values[i];
    }
  }

  /** Changes the address of a value wherever the code has it. */
  #moveTo(place: number, address: number): void {
    this.#addresses[place] = address;
    const view = this.#view();
    for (const { at, offset } of this.#uses[place]) view[at] = address + offset;
  }

  /** The code; the memory has another buffer when it has grown. */
  #view(): Float64Array {
    const { buffer } = this.#memory;
    if (this.#words?.buffer !== buffer) this.#words = new Float64Array(buffer, this.#code, this.#length);
    return this.#words;
  }

  #bytesOf(place: number, { byteLength }: LiteralData): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.#addresses[place], byteLength);
  }

  readonly #bytes = (place: number): number => {
    const { shape, dtype } = this.#program.values[place];
    return util.sizeFromShape([...shape]) * util.bytesPerElement(dtype);
  };
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

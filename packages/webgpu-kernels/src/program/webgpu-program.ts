import {
  type CompiledProgram,
  type ExecutionScalars,
  type LiteralData,
  nextTurn,
  type Program,
  type ProgramOutputs,
} from '@harmonic-mlp/core/program';
import type { Tensor } from '@tensorflow/tfjs-core';
import { floats } from '../floats';
import { sizeOf, type TensorForm } from '../lowering';
import { isBroken, parameterBytes, pipelineOf, writeParameters } from '../pipelines';
import { groupsFor, type ParameterType } from '../shader';
import type { WebgpuBackend } from '../webgpu-backend';
import { gatherBytes, gatherShaders } from './gather';
import { type DynamicParameters, type Place, type Plan, type PlannedDispatch, parametersIn } from './plan';
import { readsOf } from './reads';

/** How many executions may wait for one submission. */
const mostPending = 16;

// GPUBufferUsage, which Node does not have.
const [mapRead, copySource, copyTarget, uniform, storage] = [0x1, 0x4, 0x8, 0x40, 0x80];

/** A dispatch, ready to be recorded. */
interface ReadyDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly places: readonly Place[];
  readonly groups: readonly [number, number];
  /** Where its parameters are, in the fixed ones or in those of each execution, and how many bytes they have. */
  readonly offset: number;
  readonly bytes: number;
  readonly planned: PlannedDispatch;
  bindGroup: GPUBindGroup | undefined;
}

/** A parameter that changes, and where it is in a region, in words. */
interface Word {
  readonly name: string;
  readonly type: ParameterType;
  readonly at: number;
}

/** Memory for what executions that wait are given, and the same on the device: parameters, then those of the gathering, then rows. */
interface Region {
  readonly buffer: GPUBuffer;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  /** The bytes of an execution, and where among them the others are. */
  readonly bytes: number;
  readonly gather: number;
  readonly rows: number;
}

/** How inputs are gathered from tensors. */
interface Gathering {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly given: readonly BoundTensor[];
  readonly groups: readonly [number, number];
  /** Writes the parameters of an execution, which begin there. */
  write(start: number): void;
  bindGroup: GPUBindGroup | undefined;
}

/** How integers become floats. */
interface Conversion {
  readonly source: GPUBuffer;
  readonly target: GPUBuffer;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly groups: readonly [number, number];
}

/** A tensor outside of a program, and the place that it is at. */
interface BoundTensor {
  readonly tensor: Tensor;
  readonly place: Place;
  /** Whether the program changes it. */
  readonly isState?: boolean;
}

/** An execution whose outputs have not been read. */
interface Pending {
  resolve(values: readonly Float32Array[]): void;
  reject(error: unknown): void;
}

/** A program whose dispatches are made once; an execution records them among tfjs's own commands. */
export class WebgpuProgram implements CompiledProgram {
  readonly #program: Program;
  readonly #backend: WebgpuBackend;
  readonly #isInUse: () => boolean;
  readonly #forms: readonly TensorForm[];
  readonly #dispatches: ReadyDispatch[];
  readonly #outputs: readonly Place[];
  readonly #copies: readonly { readonly from: Place; readonly to: Place }[];
  /** The place of each input and state, by name. */
  readonly #places = new Map<string, { place: Place; isState: boolean }>();
  readonly #constants: readonly BoundTensor[];
  /** What is at each place now. */
  readonly #buffers: (GPUBufferBinding | undefined)[];
  readonly #owned: GPUBuffer[] = [];
  #bound: (BoundTensor & { readonly name: string; readonly isState: boolean })[] = [];
  /** The inputs that are not bound, in memory from which they are sent. */
  readonly #given = new Map<Place, { buffer: GPUBuffer; values: Float32Array | Int32Array }>();
  /** Inputs and constants that are integers, where the program reads floats. */
  readonly #conversions = new Map<Place, Conversion>();
  readonly #conversionBuffers = new Map<Place, { target: GPUBuffer; parameters: GPUBuffer }>();
  /** Rows of tensors that are inputs. */
  #gathering: Gathering | undefined;

  /** The parameters of the executions that wait, and their rows: a region for each. */
  readonly #region: Region;
  readonly #fixed: GPUBuffer;
  /** The words that change, and where they are in a region. */
  readonly #changing: readonly { readonly dynamic: DynamicParameters; readonly words: readonly Word[] }[];
  /** The executions that wait for their submission. */
  #pending: Pending[] = [];
  #recorded = 0;
  /** Where their outputs are, and other buffers for those of later ones. */
  #staging: GPUBuffer | undefined;
  readonly #idle: GPUBuffer[] = [];
  #isFlushing = false;
  #isDisposed = false;

  constructor(
    program: Program,
    constants: readonly Tensor[],
    {
      plan: { dispatches, forms, parts },
      homes,
      copies,
      backend,
      isInUse,
    }: {
      plan: Plan;
      homes: ReadonlyMap<Place, Place>;
      copies: readonly { readonly from: Place; readonly state: string }[];
      backend: WebgpuBackend;
      isInUse: () => boolean;
    },
  ) {
    this.#program = program;
    this.#backend = backend;
    this.#isInUse = isInUse;
    const { device } = backend;
    const all: TensorForm[] = [...forms];
    for (const [name, place] of Object.entries(program.inputs))
      this.#places.set(name, { place, isState: false });
    for (const [name, { before, after }] of Object.entries(program.states)) {
      // A state that is only written has a place of its own.
      this.#places.set(name, { place: before ?? all.push(program.values[after]) - 1, isState: true });
    }
    this.#forms = all;
    this.#buffers = all.map(() => undefined);
    const home = (place: Place) => homes.get(place) ?? place;
    this.#copies = copies.map(({ from, state }) => ({
      from: home(from),
      to: this.#places.get(state)!.place,
    }));
    this.#outputs = program.outputs.map(home);
    this.#constants = program.constants.map((place, i) => ({ place, tensor: constants[i] }));

    const outside = new Set([
      ...[...this.#places.values()].map(({ place }) => place),
      ...program.constants,
      ...parts.keys(),
    ]);
    this.#allocate(dispatches, outside);
    for (const [place, { of, first }] of parts) {
      const size = Math.max(16, 4 * sizeOf(all[place]));
      this.#buffers[place] = { buffer: this.#buffers[of]!.buffer, offset: 4 * first, size };
    }
    for (const { value, data } of program.literals) {
      const binding = this.#buffers[value];
      // Truth values are integers on the device.
      const numbers = data instanceof Uint8Array ? Int32Array.from(data) : data;
      if (binding !== undefined) device.queue.writeBuffer(binding.buffer, 0, bytesOf(numbers));
    }

    const alignment = device.limits.minUniformBufferOffsetAlignment;
    const aligned = (bytes: number) => Math.ceil(bytes / alignment) * alignment;
    const offsets = { fixed: 0, changing: 0 };
    this.#dispatches = dispatches.map((planned) => {
      const { shader, reads, writes, groups, dynamic } = planned;
      const kind = dynamic === undefined ? 'fixed' : 'changing';
      const offset = offsets[kind];
      const bytes = parameterBytes(shader);
      offsets[kind] += aligned(bytes);
      const places = [...reads, ...writes];
      return { ...pipelineOf(device, shader), offset, bytes, groups, places, planned, bindGroup: undefined };
    });
    const fixed = new ArrayBuffer(Math.max(alignment, offsets.fixed));
    const words = { u32: new Uint32Array(fixed), f32: new Float32Array(fixed) };
    for (const { planned, offset } of this.#dispatches)
      if (planned.dynamic === undefined) writeParameters(planned, words, offset / 4);
    this.#fixed = this.#buffer(fixed.byteLength, uniform | copyTarget);
    device.queue.writeBuffer(this.#fixed, 0, fixed);
    // Rows of inputs come last: as many as an input has.
    const most = Math.max(0, ...Object.values(program.inputs).map((place) => all[place].shape[0] ?? 1));
    const rows = offsets.changing + aligned(gatherBytes);
    const bytes = rows + aligned(4 * most);
    const memory = new ArrayBuffer(mostPending * bytes);
    this.#region = {
      buffer: this.#buffer(memory.byteLength, uniform | storage | copyTarget),
      u32: new Uint32Array(memory),
      f32: new Float32Array(memory),
      bytes,
      gather: offsets.changing,
      rows,
    };
    this.#changing = this.#prepareChanging();
  }

  /** Writes what does not change to all regions, and returns where the rest is. */
  #prepareChanging(): { dynamic: DynamicParameters; words: Word[] }[] {
    const known = new Map<DynamicParameters, Word[]>();
    for (const { planned, offset } of this.#dispatches) {
      const { dynamic, shader } = planned;
      if (dynamic === undefined) continue;
      for (let i = 0; i < mostPending; i++)
        writeParameters(planned, this.#region, (i * this.#region.bytes + offset) / 4);
      const changing = dynamic.of(dynamic.attributes as never);
      const words = known.get(dynamic) ?? [];
      known.set(dynamic, words);
      shader.parameters.forEach(([name, type], i) => {
        if (name in changing) words.push({ name, type, at: offset / 4 + i });
      });
    }
    return [...known].map(([dynamic, words]) => ({ dynamic, words }));
  }

  /** Gives the values that calls compute buffers of their own; those that are never needed at the same time may have the same. */
  #allocate(dispatches: readonly PlannedDispatch[], outside: ReadonlySet<Place>): void {
    const program = this.#program;
    const lasting = new Set([
      ...program.literals.map(({ value }) => value),
      ...this.#outputs,
      ...this.#copies.map(({ from }) => from),
    ]);
    const uses = new Map<Place, { first: number; last: number }>();
    dispatches.forEach(({ reads, writes }, i) => {
      for (const place of [...reads, ...writes]) {
        const { first = i } = uses.get(place) ?? {};
        uses.set(place, { first, last: i });
      }
    });
    for (const place of lasting) if (!uses.has(place)) uses.set(place, { first: -1, last: 0 });
    const free: { buffer: GPUBuffer; from: number }[] = [];
    const inOrder = [...uses].sort(([, a], [, b]) => a.first - b.first);
    for (const [place, { first, last }] of inOrder) {
      if (outside.has(place)) continue;
      const size = Math.max(16, Math.ceil((4 * sizeOf(this.#forms[place])) / 16) * 16);
      // What parts are in is written at any time before it is read.
      const isKept = lasting.has(place) || place >= program.values.length;
      const index = isKept ? -1 : free.findIndex(({ buffer, from }) => buffer.size === size && from < first);
      const buffer =
        index < 0 ? this.#buffer(size, storage | copySource | copyTarget) : free.splice(index, 1)[0].buffer;
      this.#buffers[place] = { buffer };
      if (!isKept) free.push({ buffer, from: last });
    }
  }

  get isCurrent(): boolean {
    return this.#isInUse();
  }

  bind(tensors: { readonly [name: string]: Tensor }): void {
    this.#bound = [];
    this.#gathering = undefined;
    this.#conversions.clear();
    for (const [name, { place, isState }] of this.#places) {
      const tensor = tensors[name];
      if (tensor !== undefined) this.#bound.push({ name, tensor, place, isState });
      else this.#move(place, this.#givenAt(place).buffer);
    }
  }

  /** The memory from which an input is sent. */
  #givenAt(place: Place): { buffer: GPUBuffer; values: Float32Array | Int32Array } {
    let given = this.#given.get(place);
    if (given === undefined) {
      const form = this.#forms[place];
      const size = sizeOf(form);
      given = {
        buffer: this.#buffer(Math.max(16, 4 * size), storage | copySource | copyTarget),
        values: form.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size),
      };
      this.#given.set(place, given);
    }
    return given;
  }

  memoryOf(input: string): Float32Array | Int32Array {
    return this.#givenAt(this.#program.inputs[input]).values;
  }

  gatherFrom(sources: { readonly [input: string]: Tensor }): ((rows: Int32Array) => void) | undefined {
    const { u32, rows: first, gather, bytes } = this.#region;
    const given = Object.entries(sources).flatMap(([input, tensor]) => {
      const place = this.#program.inputs[input];
      return place === undefined ? [] : [{ place, tensor }];
    });
    const { device } = this.#backend;
    const isGatherable = given.every(({ place, tensor }) => this.#isAs(tensor, place));
    if (given.length === 0 || given.length > gatherShaders.length || !isGatherable) return undefined;
    const shader = gatherShaders[given.length - 1];
    if (isBroken(device, shader)) return undefined;
    const forms = given.map(({ place }) => this.#forms[place]);
    const count = forms.reduce((sum, form) => sum + sizeOf(form), 0);
    const widths = forms.map(({ shape }) => sizeOf({ shape: shape.slice(1) }));
    this.#gathering = {
      ...pipelineOf(device, shader),
      given,
      groups: groupsFor(count),
      bindGroup: undefined,
      // Those of a region differ in where its rows are.
      write: (start) => {
        const parameters = { count, batch: forms[0].shape[0], first: (start + first) / 4 };
        const own = Object.fromEntries(widths.map((width, i) => [`width${i}`, width]));
        writeParameters(
          { shader, parameters: { ...parameters, ...own } },
          this.#region,
          (start + gather) / 4,
        );
      },
    };
    return (rows) => {
      if (this.#recorded === mostPending) this.#submit();
      u32.set(rows, (this.#recorded * bytes + first) / 4);
    };
  }

  shared(): string[] {
    const { tensorMap } = this.#backend;
    return this.#bound.flatMap(({ name, tensor, place, isState }) =>
      isState && (tensorMap.get(tensor.dataId).refCount > 1 || !this.#isAs(tensor, place)) ? [name] : [],
    );
  }

  execute(scalars: ExecutionScalars): ProgramOutputs {
    const backend = this.#backend;
    const { queue } = backend.device;
    const gathering = this.#gathering;
    const sent = gathering === undefined ? this.#sent() : [];
    // What is sent must not arrive before the executions that wait have read what was sent before.
    if (sent.length > 0 || this.#recorded === mostPending) this.#submit();
    this.#follow(this.#bound);
    this.#follow(this.#constants);
    for (const { buffer, values } of sent) queue.writeBuffer(buffer, 0, bytesOf(values));

    const { buffer, u32, bytes, gather } = this.#region;
    const start = this.#recorded * bytes;
    for (const { dynamic, words } of this.#changing) {
      const values = parametersIn(dynamic, scalars);
      for (const { name, type, at } of words) this.#region[type][start / 4 + at] = values[name];
    }
    gathering?.write(start);
    queue.writeBuffer(
      buffer,
      start,
      u32.buffer as ArrayBuffer,
      start,
      gathering === undefined ? gather : bytes,
    );

    // Uploads, which end a pass, come before it.
    if (gathering !== undefined) this.#prepare(gathering);
    backend.ensureCommandEncoderReady();
    backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass();
    const pass = backend.computePassEncoder;
    for (const conversion of this.#conversions.values()) convert(pass, conversion);
    if (gathering !== undefined) this.#gather(pass, gathering, start + gather);
    for (const dispatch of this.#dispatches) {
      dispatch.bindGroup ??= this.#bindGroup(dispatch);
      const isFixed = dispatch.planned.dynamic === undefined;
      pass.setPipeline(dispatch.pipeline);
      pass.setBindGroup(0, dispatch.bindGroup, [isFixed ? dispatch.offset : start + dispatch.offset]);
      pass.dispatchWorkgroups(dispatch.groups[0], dispatch.groups[1]);
    }
    backend.endComputePassEncoder();
    return this.#finish();
  }

  /** Records what becomes of the outputs and of the states that were not changed in place. */
  #finish(): Promise<readonly Float32Array[]> {
    const encoder = this.#backend.commandEncoder!;
    for (const { from, to } of this.#copies) {
      const [source, target] = [this.#buffers[from]!, this.#buffers[to]!];
      encoder.copyBufferToBuffer(
        source.buffer,
        source.offset ?? 0,
        target.buffer,
        0,
        4 * sizeOf(this.#forms[to]),
      );
    }
    const room = this.#room();
    this.#staging ??= this.#idle.pop() ?? this.#buffer(mostPending * room, mapRead | copyTarget);
    let at = this.#recorded * room;
    for (const place of this.#outputs) {
      const { buffer, offset = 0 } = this.#buffers[place]!;
      const size = 4 * sizeOf(this.#forms[place]);
      encoder.copyBufferToBuffer(buffer, offset, this.#staging, at, size);
      at += aligned8(size);
    }
    this.#recorded += 1;
    if (!this.#isFlushing) void this.#submitLater();
    const outputs = new Promise<readonly Float32Array[]>((resolve, reject) => {
      this.#pending.push({ resolve, reject });
    });
    // Nobody may be waiting for it when a device is lost.
    outputs.catch(() => {});
    return outputs;
  }

  /** Submits in the next turn: when whoever executes programs lets others work, nobody may come to fill the submission. */
  async #submitLater(): Promise<void> {
    this.#isFlushing = true;
    await nextTurn();
    this.#isFlushing = false;
    if (this.#recorded > 0) this.#submit();
  }

  /** The bytes of an execution's outputs. */
  #room(): number {
    return Math.max(
      8,
      this.#outputs.reduce((sum, place) => sum + aligned8(4 * sizeOf(this.#forms[place])), 0),
    );
  }

  /** Submits the executions that wait, and reads their outputs once they have been computed. */
  #submit(): void {
    const backend = this.#backend;
    // tfjs may have submitted them with commands of its own.
    if (this.#recorded > 0 && backend.commandEncoder !== null) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    const [pending, staging] = [this.#pending, this.#staging];
    this.#recorded = 0;
    this.#pending = [];
    this.#staging = undefined;
    if (staging !== undefined) void this.#read(staging, pending);
  }

  async #read(staging: GPUBuffer, pending: readonly Pending[]): Promise<void> {
    try {
      const room = this.#room();
      await staging.mapAsync(mapRead, 0, pending.length * room);
      const values = staging.getMappedRange(0, pending.length * room).slice(0);
      staging.unmap();
      if (this.#isDisposed) staging.destroy();
      else this.#idle.push(staging);
      pending.forEach(({ resolve }, i) => {
        let at = i * room;
        const outputs = this.#outputs.map((place) => {
          const size = sizeOf(this.#forms[place]);
          const output = new Float32Array(values, at, size);
          at += aligned8(4 * size);
          return output;
        });
        resolve(outputs);
      });
    } catch (error) {
      for (const { reject } of pending) reject(error);
    }
  }

  dispose(): void {
    if (this.#recorded > 0) this.#submit();
    this.#isDisposed = true;
    // Submitted commands keep what they use; outputs may still be read.
    for (const buffer of this.#owned)
      if ((buffer.usage & mapRead) === 0 || this.#idle.includes(buffer)) buffer.destroy();
  }

  /** The inputs that an execution takes from memory. */
  #sent(): { buffer: GPUBuffer; values: Float32Array | Int32Array }[] {
    return [...this.#given].flatMap(([place, given]) =>
      this.#buffers[place]?.buffer === given.buffer ? [given] : [],
    );
  }

  #prepare(gathering: Gathering): void {
    const { given, layout } = gathering;
    const sources = given.map(({ tensor }) => this.#resourceOf(tensor));
    if (gathering.bindGroup !== undefined) return;
    const targets = given.map(({ place }) => this.#buffers[place]!.buffer);
    const { buffer } = this.#region;
    gathering.bindGroup = this.#backend.device.createBindGroup({
      layout,
      entries: [
        ...[...sources, buffer, ...targets].map((each, binding) => ({ binding, resource: { buffer: each } })),
        { binding: 2 * given.length + 1, resource: { buffer, size: gatherBytes } },
      ],
    });
  }

  #gather(pass: GPUComputePassEncoder, { groups, bindGroup, pipeline }: Gathering, offset: number): void {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup!, [offset]);
    pass.dispatchWorkgroups(groups[0], groups[1]);
  }

  /** Notes tensors whose data are in other buffers now. */
  #follow(tensors: readonly BoundTensor[]): void {
    const reads = readsOf(this.#backend);
    for (const { tensor, place, isState } of tensors) {
      const buffer = this.#resourceOf(tensor);
      if (isState) reads.forget(tensor.dataId);
      this.#move(place, this.#isAs(tensor, place) ? buffer : this.#converted(place, buffer));
    }
  }

  /** Whether a tensor's data are of the type that the program reads: tfjs casts integers to floats without converting them. */
  #isAs({ dataId }: Tensor, place: Place): boolean {
    const isFloat = (dtype: string) => dtype === 'float32';
    return isFloat(this.#backend.tensorMap.get(dataId).dtype) === isFloat(this.#forms[place].dtype);
  }

  /** A buffer with the integers of another as floats, in each execution. */
  #converted(place: Place, source: GPUBuffer): GPUBuffer {
    const known = this.#conversions.get(place);
    if (known?.source === source) return known.target;
    const { device } = this.#backend;
    const count = sizeOf(this.#forms[place]);
    let buffersOf = this.#conversionBuffers.get(place);
    if (buffersOf === undefined) {
      buffersOf = {
        target: this.#buffer(Math.max(16, 4 * count), storage | copySource | copyTarget),
        parameters: this.#buffer(16, uniform | copyTarget),
      };
      device.queue.writeBuffer(buffersOf.parameters, 0, Uint32Array.of(count));
      this.#conversionBuffers.set(place, buffersOf);
    }
    const { target, parameters } = buffersOf;
    const { pipeline, layout } = pipelineOf(device, floats);
    const buffers = [source, target, parameters];
    const bindGroup = device.createBindGroup({
      layout,
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    this.#conversions.set(place, { source, target, pipeline, bindGroup, groups: groupsFor(count) });
    return target;
  }

  /** The buffer of a tensor, which is not used for anything else until the commands are submitted. */
  #resourceOf({ dataId }: Tensor): GPUBuffer {
    const backend = this.#backend;
    backend.uploadToGPU(dataId);
    backend.commandQueueOwnedIds.add(dataId);
    return backend.tensorMap.get(dataId).resource;
  }

  #move(place: Place, buffer: GPUBuffer): void {
    if (this.#buffers[place]?.buffer === buffer) return;
    this.#buffers[place] = { buffer };
    for (const dispatch of this.#dispatches)
      if (dispatch.places.includes(place)) dispatch.bindGroup = undefined;
  }

  #bindGroup({ layout, places, planned, bytes }: ReadyDispatch): GPUBindGroup {
    const buffer = planned.dynamic === undefined ? this.#fixed : this.#region.buffer;
    return this.#backend.device.createBindGroup({
      layout,
      entries: [
        ...places.map((place, binding) => ({ binding, resource: this.#buffers[place]! })),
        { binding: places.length, resource: { buffer, size: bytes } },
      ],
    });
  }

  #buffer(size: number, usage: number): GPUBuffer {
    const buffer = this.#backend.device.createBuffer({ size, usage });
    this.#owned.push(buffer);
    return buffer;
  }
}

function convert(pass: GPUComputePassEncoder, { pipeline, bindGroup, groups }: Conversion): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup, [0]);
  pass.dispatchWorkgroups(groups[0], groups[1]);
}

const aligned8 = (bytes: number): number => Math.ceil(bytes / 8) * 8;

const bytesOf = (values: LiteralData | Float32Array | Int32Array) =>
  values as unknown as ArrayBufferView<ArrayBuffer>;

import { HarmonicError } from '@harmonic-mlp/core';
import { engine, type TensorInfo } from '@tensorflow/tfjs-core';
import { compileForThreads, type KernelModule, mostPages, type SimdLevel } from '../kernel-module';
import type { ProgramMemory } from '../program/program-memory';
import { FreeList } from './free-list';
import { TensorStore } from './tensor-store';
import { startThread, type Thread } from './thread';

/** Words that `assembly/barrier.ts` has in the memory. */
const threadsWord = 320;
/** Where the address of the calls to execute is. */
const listWord = 384;
const firstFree = 1024;
const pageBytes = 65536;
/** 256 MiB. */
const leastPages = 4096;
/** What a thread may use during a call begins in a cache line of its own. */
const line = 64;

interface Barrier {
  barrier(part: number): number;
  begin(part: number): number;
  end(): void;
}

/** Threads that execute programs together, in a memory of their own. The calling one is the first of them. */
export class Team implements ProgramMemory {
  readonly threads: number;
  readonly heap: ProgramMemory['heap'];
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: KernelModule;
  readonly #barrier: Barrier;
  readonly #others: Thread[] = [];
  readonly #store: TensorStore;
  readonly #addresses: FreeList;
  readonly #isInUse: () => boolean;
  readonly #list: Uint32Array;
  /** Why there are no threads any more. */
  #failure: string | undefined;

  private constructor(
    memory: WebAssembly.Memory,
    kernels: KernelModule,
    barrier: Barrier,
    threads: number,
    pages: number,
    isInUse: () => boolean,
  ) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#barrier = barrier;
    this.threads = threads;
    this.#isInUse = isInUse;
    this.#addresses = new FreeList(firstFree, pages * pageBytes - pageBytes, line);
    const scratchBytes = kernels.scratchBytes();
    const scratch = this.allocate(threads * aligned(scratchBytes));
    if (scratch === 0) throw new RangeError('there is no memory for so many threads');
    this.heap = { scratchBytes, scratch };
    this.#store = new TensorStore(this);
    new Int32Array(memory.buffer, threadsWord, 1)[0] = threads;
    this.#list = new Uint32Array(memory.buffer, listWord, 1);
  }

  /**
   * Starts threads.
   *
   * @param threads how many, the calling one included.
   * @param isInUse whether the kernels are still in use.
   * @throws {HarmonicError} `THREAD_LOST` if one cannot be started.
   */
  static async start(threads: number, level: SimdLevel, isInUse: () => boolean): Promise<Team> {
    try {
      return await Team.#start(threads, level, isInUse);
    } catch (cause) {
      if (HarmonicError.is(cause)) throw cause;
      const problem = `The threads cannot be started: ${(cause as Error).message}.`;
      throw new HarmonicError(
        'THREAD_LOST',
        { argument: 'threads', value: threads, problem, fix: 'Train with threads: 1.' },
        { cause },
      );
    }
  }

  static async #start(threads: number, level: SimdLevel, isInUse: () => boolean): Promise<Team> {
    const modules = await compileForThreads(level);
    const { memory, pages } = sharedMemory();
    const barrier = (await WebAssembly.instantiate(modules.barrier, { env: { memory } }))
      .exports as unknown as Barrier;
    const env = { memory, barrier: barrier.barrier, sin: Math.sin, cos: Math.cos };
    const kernels = (await WebAssembly.instantiate(modules.kernels, { env }))
      .exports as unknown as KernelModule;
    const team = new Team(memory, kernels, barrier, threads, pages, isInUse);
    try {
      await Promise.all(
        Array.from({ length: threads - 1 }, (_, i) =>
          team.#startThread({ ...modules, memory, part: i + 1, parts: threads }),
        ),
      );
    } catch (error) {
      team.dispose();
      throw error;
    }
    return team;
  }

  #startThread(data: {
    kernels: WebAssembly.Module;
    barrier: WebAssembly.Module;
    memory: WebAssembly.Memory;
    part: number;
    parts: number;
  }): Promise<void> {
    return new Promise((resolve, reject) => {
      const onEnded = (reason: string) => {
        this.#fail(reason);
        reject(this.#error());
      };
      const scratchOffset = data.part * aligned(this.heap.scratchBytes);
      this.#others.push(
        startThread({ ...data, scratchOffset, list: listWord }, { onStarted: resolve, onEnded }),
      );
    });
  }

  get isCurrent(): boolean {
    return this.#isInUse();
  }

  get buffer(): ArrayBufferLike {
    return this.#memory.buffer;
  }

  allocate(bytes: number): number {
    const address = this.#addresses.allocate(bytes);
    const missing = address + bytes - this.#memory.buffer.byteLength;
    if (address === 0 || missing <= 0) return address;
    try {
      this.#memory.grow(Math.ceil(missing / pageBytes));
      return address;
    } catch {
      this.#addresses.free(address);
      return 0;
    }
  }

  free(address: number): void {
    this.#addresses.free(address);
  }

  addressOf(tensor: TensorInfo): number {
    return this.#store.addressOf(tensor);
  }

  isShared(tensor: TensorInfo): boolean {
    // Data that are not here yet may be with any backend.
    this.#store.addressOf(tensor);
    return this.#store.refCount(tensor.dataId) > 1;
  }

  /** @throws {HarmonicError} `THREAD_LOST` if a thread has ended. */
  execute(code: number): void {
    if (this.#failure !== undefined) throw this.#error();
    this.#list[0] = code;
    const isThere = this.#barrier.begin(0) !== 0;
    if (isThere && this.#kernels.execute(code, 0, this.threads, 0) === 0) return;
    this.#fail('it stopped responding during a step');
    throw this.#error();
  }

  /** Ends the threads, and gives the tensors back to their backend. */
  dispose(): void {
    this.#failure ??= 'the run is over';
    this.#barrier.end();
    for (const thread of this.#others) thread.terminate();
    const { wasm } = engine().registry;
    if (wasm !== undefined) this.#store.moveTo(wasm);
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#barrier.end();
  }

  #error(): HarmonicError {
    return new HarmonicError('THREAD_LOST', {
      argument: 'threads',
      value: this.threads,
      problem: `A thread of the run was lost: ${this.#failure}.`,
      fix: 'Continue from the last checkpoint, or train with threads: 1.',
    });
  }
}

/** A memory that may grow as large as the system allows: phones reserve less than its largest size. */
function sharedMemory(): { memory: WebAssembly.Memory; pages: number } {
  for (let pages = mostPages; ; pages /= 4) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true }), pages };
    } catch (error) {
      if (pages <= leastPages) throw error;
    }
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / line) * line;

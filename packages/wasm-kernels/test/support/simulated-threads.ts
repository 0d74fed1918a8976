import type { ProgramExecutor } from '@harmonic-mlp/core/program';
import { engine } from '@tensorflow/tfjs-core';
import type { Heap } from '../../src/heap';
import { compile, type KernelModule } from '../../src/kernel-module';
import { linkedHeap, linkedLevel } from '../../src/linked-heap';
import { operationKernels } from '../../src/operations';
import { programCompiler } from '../../src/program/compile-program';
import { HeapMemory } from '../../src/program/heap-memory';
import type { ProgramMemory } from '../../src/program/program-memory';
import type { WasmBackend } from '../../src/wasm-backend';

/**
 * The heap of tfjs's backend, with the work of several threads done by one: between two barriers, all of one thread, then all of
 * the next. What two orders compute alike does not depend on the times at which threads come to it.
 */
export class SimulatedThreads implements ProgramMemory {
  readonly threads: number;
  readonly heap: Heap;
  readonly #memory: HeapMemory;
  readonly #kernels: KernelModule;
  readonly #order: readonly number[];
  /** How many barriers there have been. */
  barriers = 0;

  private constructor(heap: Heap, kernels: KernelModule, order: readonly number[]) {
    this.threads = order.length;
    this.heap = heap;
    this.#memory = new HeapMemory(heap, heapInUse);
    this.#kernels = kernels;
    this.#order = order;
  }

  /** @param order the threads in the order in which they are simulated. */
  static async of(order: readonly number[]): Promise<SimulatedThreads> {
    const heap = heapInUse()!;
    const { memory } = heap.backend.wasm.asm;
    const env = { memory, sin: Math.sin, cos: Math.cos, log: Math.log, barrier: () => 0 };
    const { exports } = await WebAssembly.instantiate(await compile(linkedLevel()!), { env });
    return new SimulatedThreads(heap, exports as unknown as KernelModule, order);
  }

  /** An executor whose programs they execute. */
  get executor(): ProgramExecutor {
    const compile = programCompiler(operationKernels, () => true);
    return { name: 'simulated threads', compile: (...given) => compile(this, ...given) };
  }

  get isCurrent(): boolean {
    return this.#memory.isCurrent;
  }

  get buffer(): ArrayBufferLike {
    return this.#memory.buffer;
  }

  allocate(bytes: number): number {
    return this.#memory.allocate(bytes);
  }

  free(address: number): void {
    this.#memory.free(address);
  }

  addressOf(...given: Parameters<ProgramMemory['addressOf']>): number {
    return this.#memory.addressOf(...given);
  }

  isShared(...given: Parameters<ProgramMemory['isShared']>): boolean {
    return this.#memory.isShared(...given);
  }

  execute(code: number): void {
    for (let at = code; at !== 0; ) {
      const ends = this.#order.map((part) => this.#kernels.execute(at, part, this.threads, 0));
      if (ends.some((end) => end !== ends[0])) throw new Error('The threads have met at different barriers.');
      at = ends[0] === 0 ? 0 : ends[0] + 8;
      this.barriers += 1;
    }
  }
}

const heapInUse = () => linkedHeap(engine().registry.wasm as WasmBackend | undefined);

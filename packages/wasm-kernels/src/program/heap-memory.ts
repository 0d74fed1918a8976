import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import type { ProgramMemory } from './program-memory';

/** The heap of tfjs's backend, beside its tensors, on which one thread works. */
export class HeapMemory implements ProgramMemory {
  readonly threads = 1;
  readonly heap: Heap;
  readonly #heapInUse: () => Heap | undefined;

  /** @param heapInUse the heap on which the kernels are at work. */
  constructor(heap: Heap, heapInUse: () => Heap | undefined) {
    this.heap = heap;
    this.#heapInUse = heapInUse;
  }

  get isCurrent(): boolean {
    return this.#heapInUse() === this.heap;
  }

  get buffer(): ArrayBufferLike {
    return this.heap.backend.wasm.HEAPU8.buffer;
  }

  allocate(bytes: number): number {
    return this.heap.backend.wasm._malloc(bytes) >>> 0;
  }

  free(address: number): void {
    // A removed backend has no module.
    this.heap.backend.wasm?._free(address);
  }

  addressOf(tensor: TensorInfo): number {
    return this.heap.address(tensor);
  }

  isShared(tensor: TensorInfo): boolean {
    return this.heap.data(tensor).refCount > 1;
  }

  execute(code: number): void {
    this.heap.kernels.execute(code, 0, 1, 0);
  }
}

import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelModule, link } from './kernel-module';
import type { TensorData, WasmBackend } from './wasm-backend';

/** The kernels at work on one backend's heap. */
export class Heap {
  /** The kernels. */
  readonly kernels: KernelModule;
  /** The address of memory that any kernel may use during a call. */
  readonly scratch: number;
  /** The backend whose heap it is. */
  readonly backend: WasmBackend;

  private constructor(backend: WasmBackend, kernels: KernelModule, scratch: number) {
    this.backend = backend;
    this.kernels = kernels;
    this.scratch = scratch;
  }

  /** Puts the kernels to work on a backend's heap; undefined where that has no memory left for them. */
  static on(backend: WasmBackend, module: WebAssembly.Module): Heap | undefined {
    const kernels = link(module, backend.wasm.asm.memory);
    const scratch = backend.wasm._malloc(kernels.SCRATCH_BYTES.value) >>> 0;
    return scratch === 0 ? undefined : new Heap(backend, kernels, scratch);
  }

  /** The address of a tensor's first value; 0, which the kernels take for none, where there is no tensor. */
  address(tensor: TensorInfo | undefined): number {
    return tensor === undefined ? 0 : this.data(tensor).memoryOffset;
  }

  /** A tensor's place on the heap. */
  data({ dataId }: TensorInfo): TensorData {
    return this.backend.dataIdMap.get(dataId);
  }

  /** A new tensor, not initialised. */
  allocate(shape: number[], dtype: DataType = 'float32'): TensorInfo {
    return this.backend.makeOutput(shape, dtype);
  }

  /** Another tensor of the same data. */
  share({ dataId, dtype }: TensorInfo, shape: number[]): TensorInfo {
    this.backend.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** Makes the backend's own kernels forget what they remember of a tensor's values, which have been written over. */
  wasOverwritten(tensor: TensorInfo): void {
    const { id, memoryOffset } = this.data(tensor);
    const { tfjs } = this.backend.wasm;
    tfjs.disposeData(id);
    tfjs.registerTensor(id, sizeOf(tensor), memoryOffset);
  }

  /** Gives the scratch memory back. */
  release(): void {
    // A backend that was removed has none.
    this.backend.wasm?._free(this.scratch);
  }
}

/** The number of a tensor's values. */
export function sizeOf({ shape }: TensorInfo): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

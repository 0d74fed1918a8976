import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelModule } from './kernel-module';
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

  /** Puts the kernels of a linked module to work on its backend's heap; undefined where that has no memory left for them. */
  static on(backend: WasmBackend, kernels: KernelModule): Heap | undefined {
    const scratch = backend.wasm._malloc(kernels.scratchBytes()) >>> 0;
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

  /**
   * A new tensor, not initialised.
   *
   * @throws {RangeError} where the heap has no memory left for it.
   */
  allocate(shape: number[], dtype: DataType = 'float32'): TensorInfo {
    const tensor = this.backend.makeOutput(shape, dtype);
    if (this.address(tensor) === 0 && sizeOf(tensor) > 0) {
      // At 0 are the backend's own data.
      this.backend.disposeData(tensor.dataId);
      throw new RangeError(`The wasm heap has no memory left for a tensor of shape [${shape}].`);
    }
    return tensor;
  }

  /** Another tensor of the same data. */
  share({ dataId, shape, dtype }: TensorInfo): TensorInfo {
    this.backend.incRef(dataId);
    return { dataId, shape, dtype };
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

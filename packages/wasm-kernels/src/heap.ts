import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelModule } from './kernel-module';
import type { TensorData, WasmBackend } from './wasm-backend';

/** What a kernel of an operation works on. */
export interface KernelHeap {
  /** The kernels. */
  readonly kernels: KernelModule;
  /** The address of memory that a kernel may use during a call. */
  readonly scratch: number;
  /** How many bytes that is. */
  readonly scratchBytes: number;
  /** The address of a tensor's first value, or 0 if there is no tensor. */
  address(tensor: TensorInfo | undefined): number;
  /** A new tensor, not initialized. */
  allocate(shape: number[], dtype?: DataType): TensorInfo;
}

/** The kernels, linked to one backend's heap. */
export class Heap implements KernelHeap {
  /** The kernels. */
  readonly kernels: KernelModule;
  /** The address of memory that a kernel may use during a call. */
  readonly scratch: number;
  /** How many bytes that is. */
  readonly scratchBytes: number;
  /** The backend whose heap it is. */
  readonly backend: WasmBackend;

  private constructor(backend: WasmBackend, kernels: KernelModule, scratch: number) {
    this.backend = backend;
    this.kernels = kernels;
    this.scratch = scratch;
    this.scratchBytes = kernels.scratchBytes();
  }

  /** Allocates the scratch memory of linked kernels on the backend's heap; undefined if it has no memory left. */
  static on(backend: WasmBackend, kernels: KernelModule): Heap | undefined {
    const scratch = backend.wasm._malloc(kernels.scratchBytes()) >>> 0;
    return scratch === 0 ? undefined : new Heap(backend, kernels, scratch);
  }

  /** The address of a tensor's first value, or 0 if there is no tensor. */
  address(tensor: TensorInfo | undefined): number {
    return tensor === undefined ? 0 : this.data(tensor).memoryOffset;
  }

  /** A view of the values of a tensor of float32, until the heap grows. */
  floats(tensor: TensorInfo): Float32Array {
    return this.floatsAt(this.address(tensor), sizeOf(tensor));
  }

  /** A view of float32 values on the heap, until it grows. */
  floatsAt(address: number, count: number): Float32Array {
    return new Float32Array(this.backend.wasm.HEAPU8.buffer, address, count);
  }

  /** Where a tensor is on the heap. */
  data({ dataId }: TensorInfo): TensorData {
    return this.backend.dataIdMap.get(dataId);
  }

  /**
   * A new tensor, not initialized.
   *
   * @throws {RangeError} if the heap has no memory left for it.
   */
  allocate(shape: number[], dtype: DataType = 'float32'): TensorInfo {
    const tensor = this.backend.makeOutput(shape, dtype);
    if (this.address(tensor) === 0 && sizeOf(tensor) > 0) {
      // Address 0 belongs to the backend.
      this.backend.disposeData(tensor.dataId);
      throw new RangeError(`The wasm heap has no memory left for a tensor of shape [${shape}].`);
    }
    return tensor;
  }

  /** Another tensor with the same data. */
  share({ dataId, shape, dtype }: TensorInfo): TensorInfo {
    this.backend.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** Frees the scratch memory. */
  release(): void {
    // A removed backend has no module.
    this.backend.wasm?._free(this.scratch);
  }
}

/** The number of a tensor's values. */
export function sizeOf({ shape }: TensorInfo): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

import { HarmonicError } from '@harmonic-mlp/core';
import {
  type BackendValues,
  type DataType,
  engine,
  KernelBackend,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';

/** Where a tensor is in the memory that threads share. */
interface StoredData {
  readonly address: number;
  readonly dtype: DataType;
  readonly length: number;
  refCount: number;
}

/** What a store needs of the memory. */
interface Memory {
  readonly buffer: ArrayBufferLike;
  allocate(bytes: number): number;
  free(address: number): void;
}

/**
 * Holds the data of tensors in the memory that threads share: a backend of tfjs without kernels. `data()` reads a copy from here, and
 * for a kernel, tfjs first moves the data to the kernel's backend.
 */
export class TensorStore extends KernelBackend {
  readonly #memory: Memory;
  readonly #data = new Map<object, StoredData>();
  /** Where the next data go. */
  #reserved = 0;

  constructor(memory: Memory) {
    super();
    this.#memory = memory;
  }

  /**
   * The address of a tensor's first value; its data are moved here if they are elsewhere.
   *
   * @throws {HarmonicError} `UNSUPPORTED` if there is no memory left.
   */
  addressOf({ dataId, shape, dtype }: TensorInfo): number {
    const known = this.#data.get(dataId);
    if (known !== undefined) return known.address;
    // Before they are moved: tfjs deletes the data where they were, and only then hands them over.
    const address = this.#memory.allocate(util.sizeFromShape(shape) * util.bytesPerElement(dtype));
    if (address === 0) {
      throw new HarmonicError('UNSUPPORTED', {
        problem: `The memory of the threads has no room for a tensor of shape [${shape}].`,
        fix: 'Train with threads: 1, or with a smaller batch.',
      });
    }
    this.#reserved = address;
    engine().moveData(this, dataId);
    return address;
  }

  /** Moves the data of all tensors to another backend. */
  moveTo(backend: KernelBackend): void {
    for (const dataId of [...this.#data.keys()]) engine().moveData(backend, dataId);
  }

  override move(
    dataId: object,
    values: BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const stored = { address: this.#reserved, dtype, length: util.sizeFromShape(shape), refCount };
    this.#data.set(dataId, stored);
    this.#viewOf(stored).set(values as Float32Array);
  }

  override readSync(dataId: object): BackendValues {
    return this.#viewOf(this.#data.get(dataId)!).slice();
  }

  override async read(dataId: object): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  override incRef(dataId: object): void {
    this.#data.get(dataId)!.refCount += 1;
  }

  /** How many tensors have these data; 0 if they are not here. */
  override refCount(dataId: object): number {
    return this.#data.get(dataId)?.refCount ?? 0;
  }

  override disposeData(dataId: object, force = false): boolean {
    const stored = this.#data.get(dataId);
    if (stored === undefined) return true;
    stored.refCount -= 1;
    if (!force && stored.refCount > 0) return false;
    this.#data.delete(dataId);
    this.#memory.free(stored.address);
    return true;
  }

  override numDataIds(): number {
    return this.#data.size;
  }

  #viewOf({ address, dtype, length }: StoredData): Float32Array | Int32Array | Uint8Array {
    const { buffer } = this.#memory;
    if (dtype === 'float32') return new Float32Array(buffer, address, length);
    return dtype === 'int32'
      ? new Int32Array(buffer, address, length)
      : new Uint8Array(buffer, address, length);
  }
}

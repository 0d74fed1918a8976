import { compile, type KernelModule, linkNow, type SimdLevel } from '../../src/kernel-module';

/** The kernels with their own memory, which holds arrays one after the other. */
export class KernelMemory {
  readonly kernels: KernelModule;
  readonly #memory = new WebAssembly.Memory({ initial: 256 });
  #next = 1024;

  private constructor(module: WebAssembly.Module) {
    this.kernels = linkNow(module, this.#memory);
  }

  static async of(simd: SimdLevel): Promise<KernelMemory> {
    return new KernelMemory(await compile(simd));
  }

  /** A view of new memory for `count` values, or for the given ones. */
  floats(values: number | ArrayLike<number>): Float32Array {
    const view = new Float32Array(
      this.#memory.buffer,
      this.#next,
      typeof values === 'number' ? values : values.length,
    );
    this.#next += view.byteLength;
    if (typeof values !== 'number') view.set(values);
    return view;
  }

  int32(values: ArrayLike<number>): Int32Array {
    const { buffer, byteOffset, length } = this.floats(values.length);
    const view = new Int32Array(buffer, byteOffset, length);
    view.set(values);
    return view;
  }
}

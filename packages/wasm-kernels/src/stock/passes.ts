import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import { alone } from '../kernel-module';

/** The sizes of a recurrent layer. */
export interface Sizes {
  readonly batch: number;
  readonly times: number;
  readonly features: number;
  readonly units: number;
  /** The columns of its kernels: units for each gate. */
  readonly row: number;
}

/** The activation of a gate. */
export type Gate = 'sigmoid' | 'hardSigmoid';

const bytesOf = (count: number) => 4 * count;

/** Passes over values on the heap, by their addresses. An output may be an input, unless noted otherwise. */
export class Passes {
  readonly #heap: Heap;
  readonly #temporaries: TensorInfo[] = [];
  readonly #results: TensorInfo[] = [];
  /** 1, 0.5, and 0.2. */
  readonly #constants: number;

  private constructor(heap: Heap) {
    this.#heap = heap;
    this.#constants = this.temporary(3);
    heap.floatsAt(this.#constants, 3).set([1, 0.5, 0.2]);
  }

  /** Does some work with passes, whose temporary memory is then freed; that of results too, if the work fails. */
  static on<T>(heap: Heap, work: (passes: Passes) => T): T {
    const passes = new Passes(heap);
    const free = (tensors: readonly TensorInfo[]) => {
      for (const { dataId } of tensors) heap.backend.disposeData(dataId);
    };
    try {
      return work(passes);
    } catch (error) {
      free(passes.#results);
      throw error;
    } finally {
      free(passes.#temporaries);
    }
  }

  /** A new tensor, which stays when the work is done. */
  result(shape: number[]): TensorInfo {
    const tensor = this.#heap.allocate(shape);
    this.#results.push(tensor);
    return tensor;
  }

  /** The address of memory for some values, until the work is done. */
  temporary(count: number): number {
    const tensor = this.#heap.allocate([count]);
    this.#temporaries.push(tensor);
    return this.#heap.address(tensor);
  }

  clear(count: number, y: number): void {
    this.#heap.floatsAt(y, count).fill(0);
  }

  copy(count: number, x: number, y: number): void {
    this.#heap.kernels.copy(bytesOf(count), x, y);
  }

  add(count: number, a: number, b: number, y: number): void {
    this.#heap.kernels.add(count, a, b, y);
  }

  subtract(count: number, a: number, b: number, y: number): void {
    this.#binary(1, count, a, b, y);
  }

  multiply(count: number, a: number, b: number, y: number): void {
    this.#binary(2, count, a, b, y);
  }

  /** y = a + b, of `rows` of `columns` values, which are `aStep` and `bStep` values apart. */
  addRows(
    rows: number,
    columns: number,
    a: number,
    aStep: number,
    b: number,
    bStep: number,
    y: number,
  ): void {
    this.#heap.kernels.binary(0, rows, columns, a, aStep, 1, b, bStep, 1, y, ...alone);
  }

  /** y[j, i] = x[i, j], of slices of `size` values. */
  swap(outer: number, inner: number, size: number, x: number, y: number): void {
    const { kernels } = this.#heap;
    const one = this.#constants;
    for (let j = 0; j < inner; j++) {
      const from = x + bytesOf(j * size);
      const to = y + bytesOf(j * outer * size);
      kernels.binary(2, outer, size, from, inner * size, 1, one, 0, 0, to, ...alone);
    }
  }

  /** [rows, first], [rows, second] → [rows, first + second]. */
  join(rows: number, first: number, second: number, a: number, b: number, y: number): void {
    this.#heap.kernels.joinUnits(rows, first, second, a, b, y);
  }

  /** [rows, first + second] → [rows, first], [rows, second]. */
  split(rows: number, first: number, second: number, x: number, a: number, b: number): void {
    this.#heap.kernels.splitUnits(rows, first, second, x, a, b);
  }

  sumRows(rows: number, columns: number, x: number, y: number): void {
    this.#heap.kernels.sumRows(rows, columns, x, y, ...alone);
  }

  /** C = A·B + bias, [m, n], with a sum of `depth` products. */
  product(m: number, n: number, depth: number, a: number, b: number, c: number, bias = 0): void {
    this.#product(m, n, depth, a, false, b, false, bias, c);
  }

  /** C = A·Bᵀ. */
  productWithTransposed(m: number, n: number, depth: number, a: number, b: number, c: number): void {
    this.#product(m, n, depth, a, false, b, true, 0, c);
  }

  /** C = Aᵀ·B. */
  transposedProduct(m: number, n: number, depth: number, a: number, b: number, c: number): void {
    this.#product(m, n, depth, a, true, b, false, 0, c);
  }

  tanh(count: number, x: number, y: number): void {
    this.#heap.kernels.tanh(count, x, y, this.#heap.scratch);
  }

  /** y = the activation of a gate: σ(x), or 0.2·x + 0.5, at least 0 and at most 1. */
  gate(gate: Gate, count: number, x: number, y: number): void {
    const { kernels } = this.#heap;
    if (gate === 'sigmoid') {
      kernels.sigmoid(count, x, y);
      return;
    }
    const half = this.#constants + bytesOf(1);
    this.#scale(count, x, y);
    kernels.binary(0, 1, count, y, 0, 1, half, 0, 0, y, ...alone);
    kernels.clip(count, true, y, 0, 1, y);
  }

  /** dx = dy·(1 − y²), the gradient of y = tanh x. */
  tanhGradient(count: number, dy: number, y: number, dx: number): void {
    this.multiply(count, y, y, dx);
    this.multiply(count, dy, dx, dx);
    this.subtract(count, dy, dx, dx);
  }

  /** dx, the gradient of y = gate(x); not dy. */
  gateGradient(gate: Gate, count: number, dy: number, y: number, dx: number): void {
    this.multiply(count, y, y, dx);
    this.subtract(count, y, dx, dx);
    if (gate === 'sigmoid') {
      this.multiply(count, dy, dx, dx);
      return;
    }
    // y − y² is positive where the gate is not at its bounds.
    this.#heap.kernels.reluGradient(count, dy, dx, dx);
    this.#scale(count, dx, dx);
  }

  /** y = 0.2·x. */
  #scale(count: number, x: number, y: number): void {
    const fifth = this.#constants + bytesOf(2);
    this.#heap.kernels.binary(2, 1, count, x, 0, 1, fifth, 0, 0, y, ...alone);
  }

  #binary(f: number, count: number, a: number, b: number, y: number): void {
    this.#heap.kernels.binary(f, 1, count, a, 0, 1, b, 0, 1, y, ...alone);
  }

  #product(
    m: number,
    n: number,
    depth: number,
    a: number,
    transposeA: boolean,
    b: number,
    transposeB: boolean,
    bias: number,
    c: number,
  ): void {
    const { kernels, scratch } = this.#heap;
    kernels.product(m, n, depth, a, transposeA, b, transposeB, bias, c, scratch, ...alone);
  }
}

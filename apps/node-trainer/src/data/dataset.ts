import type { RandomKey } from '@harmonic-mlp/core';
import type { ExampleSource, Examples, ExampleValues, HarmonicMLP, HarmonicMLPOptions } from 'harmonic-mlp';
import type { SettingValues } from 'harmonic-mlp/settings';
import type { DistortedImages } from './augmentation';
import type { TrainedOn } from './source';

/** Some of the examples of a data set, as `fit` and `evaluate` take them. */
export type Part = (ExampleSource<Examples> | ExampleValues) & {
  /** The number of examples. */
  readonly size: number;
  /** As they are stored, [size, inputSize]. */
  readonly inputs: Uint8Array | Float32Array;
};

/** A test example. */
export interface Example {
  /** As the model takes it, [inputSize]. */
  inputs: Float32Array;
  /** Its class or number. */
  target: number;
  /** How it looks, if it is an image. */
  picture?: Picture;
}

/** An image to draw. */
export interface Picture {
  pixels: ArrayLike<number>;
  /** The rows and columns. */
  shape: readonly [number, number];
}

/** The widths of a model's input and output, and what it is for. */
export type Shape = Pick<HarmonicMLPOptions, 'inputSize' | 'task' | 'classes' | 'outputs'>;

/** All that commands need to know of a data set, whatever its examples are. */
export interface Dataset {
  readonly train: Part;
  /** Training examples that are held out, by which the best model is chosen. */
  readonly validation?: Part;
  readonly test: Part;
  /** What its models have in common. */
  readonly shape: Shape;
  /** The names of its classes, if they have some. */
  readonly classNames?: readonly string[];
  /** What its examples are called. */
  readonly noun: 'images' | 'examples';
  /** A checksum of the training examples and their targets, by which a resumed run recognizes its data. */
  fingerprint(): Promise<string>;
  /**
   * Holds out training examples.
   *
   * @param validation their number, or the fraction of them.
   * @param key draws them.
   */
  holdOut(validation: number, key: RandomKey): Dataset;
  /**
   * The training examples as they are distorted anew in each epoch; undefined if the settings say nothing of that.
   *
   * @param inBackground whether on another thread, until they are closed.
   */
  augmented?(values: SettingValues, inBackground: boolean): DistortedImages | undefined;
  /** Makes a model of its shape; what its options leave open may follow from the training examples. */
  makeModel(options: HarmonicMLPOptions): Promise<HarmonicMLP>;
  /** What the file of a model notes about it besides the settings. */
  notes(): Pick<TrainedOn, 'normalization' | 'classNames' | 'drawingStyle'>;
  /** @throws {HarmonicError} `INVALID_ARGUMENT` if there is no such test example. */
  example(index: number): Example;
}

import { defineOperation } from '@harmonic-mlp/core';
import * as tf from '@tensorflow/tfjs-core';
import { type Activation, fanInUniform, type PeriodDistribution } from '../src';

/** An activation that a program might register: `exp(−z²/2w²)`. */
export const gaussian: Activation<'width'> = {
  name: 'test-gaussian',
  summary: 'exp(−z²/2w²)',
  hyperparameters: { width: { summary: 'the width w of the bell', default: 1, above: 0 } },
  hasPeriods: false,
  initialize: fanInUniform,
  activate: defineOperation({
    name: 'HarmonicMLP.TestGaussian',
    compose: ({ z }: { z: tf.Tensor2D }, { width }: { width: number }) =>
      tf.exp(tf.mul(tf.square(tf.div(z, width)), -0.5)),
    savedInputs: ['z'],
    savedOutputs: [true],
    gradient: (dy, [z, y], { width }) => ({ z: () => tf.mul(dy, tf.mul(y, tf.div(z, -(width ** 2)))) }),
  }),
};

/** Periods that halve from one unit to the next. */
export const octaves: PeriodDistribution<'longest'> = {
  name: 'test-octaves',
  summary: 'longest/2^i for unit i',
  hyperparameters: { longest: { summary: 'the period of the first unit', default: 8, above: 0 } },
  periodsOf: (units, { longest }) => Float32Array.from({ length: units }, (_, i) => longest / 2 ** i),
};

import { randomKey } from '@harmonic-mlp/core';
import { expect, it } from 'vitest';
import { resolveHyperparameters } from '../hyperparameters';
import { fanInUniform } from '../initializer';
import { type Activation, finer, hosc, hSiren, linear, outputOf, siren, snake } from '.';

const layer = { inputSize: 50, units: 20, isFirst: false, periods: undefined, hyperparameters: {} };
const key = randomKey(3);
const outputs = (activation: Activation, given = {}) =>
  outputOf(activation, resolveHyperparameters(activation.hyperparameters, given));
const largest = (weights: Float32Array) => weights.reduce((most, each) => Math.max(most, Math.abs(each)), 0);

it.each([siren, finer, hSiren, hosc] as Activation[])(
  'outputs of $name start as in the code of SIREN',
  (activation) => {
    const { kernel, bias } = outputs(activation, { omega: 10 }).initialize(layer, key);
    // √(6/50)/10 and 1/√50.
    expect(largest(kernel) / 0.034641).toBeLessThan(1 + 1e-6);
    expect(largest(kernel) / 0.034641).toBeGreaterThan(0.99);
    expect(largest(bias) / 0.141421).toBeLessThan(1 + 1e-6);
    expect(largest(bias) / 0.141421).toBeGreaterThan(0.8);
  },
);

it('are otherwise a linear layer', () => {
  expect(outputs(snake as Activation)).toBe(linear);
  const { initialize, ...others } = outputs(siren as Activation);
  expect(others).toEqual({ ...linear, initialize: undefined });
});

it('are drawn as an activation of your own says, which is checked', () => {
  const own: Activation<'scale'> = {
    ...linear,
    name: 'own',
    hyperparameters: { scale: { summary: 'a factor', default: 2 } },
    initialize: fanInUniform,
    initializeOutput: ({ inputSize, units, hyperparameters: { scale } }) => ({
      kernel: new Float32Array(inputSize * units).fill(scale),
      bias: new Float32Array(units),
    }),
  };
  const { kernel, bias } = outputs(own as Activation, { scale: 7 }).initialize(layer, key);
  expect([kernel[0], kernel.length, bias.length]).toEqual([7, 1000, 20]);
  const narrow = {
    ...own,
    initializeOutput: () => ({ kernel: new Float32Array(20), bias: new Float32Array(20) }),
  };
  expect(() => outputs(narrow as Activation).initialize(layer, key)).toThrow(
    expect.objectContaining({
      argument: 'activation.initializeOutput',
      message: expect.stringContaining(
        'The activation "own" must draw { kernel, bias } with 1000 and 20 numbers for a layer of 50 inputs and 20 columns.',
      ),
    }),
  );
});

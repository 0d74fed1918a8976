import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { activations } from './activations';
import { DenseLayer } from './dense-layer';
import { LayerDefinition, type LayerDefinitionOptions } from './layer-definition';

const define = (options: Partial<LayerDefinitionOptions>) =>
  new LayerDefinition({ units: 4, activation: activations.harmonic, seed: 1, ...options });
const shapesOf = (definition: LayerDefinition) =>
  Object.entries(definition.draw(3).weights).map(([name, { shape }]) => [name, shape]);
const valuesOf = (definition: LayerDefinition) =>
  Object.values(definition.draw(3).weights).map(({ initial }) => initial());

describe('LayerDefinition', () => {
  it.each<[object, [string, number[]][]]>([
    [
      { periods: [1, 2, 3, 4] },
      [
        ['kernel', [3, 4]],
        ['bias', [4]],
      ],
    ],
    [
      { periods: [1, 2, 3, 4], learnPeriods: true, useBias: false },
      [
        ['kernel', [3, 4]],
        ['log_periods', [4]],
      ],
    ],
    [
      { activation: activations['harmonic-relu'], periods: [1, 2], learnPeriods: true },
      [
        ['kernel', [3, 4]],
        ['bias', [4]],
        ['log_periods', [2]],
      ],
    ],
    [
      {
        activation: activations['harmonic-relu'],
        hyperparameters: { share: 0 },
        periods: [],
        learnPeriods: true,
      },
      [
        ['kernel', [3, 4]],
        ['bias', [4]],
      ],
    ],
    [
      { activation: activations.fan },
      [
        ['kernel', [3, 3]],
        ['bias', [3]],
      ],
    ],
    [
      { activation: activations.snake },
      [
        ['kernel', [3, 4]],
        ['bias', [4]],
        ['frequencies', [4]],
      ],
    ],
  ])('%j has the weights %j', (options, weights) => {
    expect(shapesOf(define(options))).toEqual(weights);
  });

  it('draws the same from the same seed, and the kernel and bias only when they are asked for', () => {
    const initialize = vi.fn(activations.snake.initialize);
    const definition = define({ activation: { ...activations.snake, initialize } });
    definition.draw(3);
    expect(initialize).not.toHaveBeenCalled();
    const values = valuesOf(definition);
    expect(initialize).toHaveBeenCalledOnce();
    expect(valuesOf(definition)).toEqual(values);
    expect(valuesOf(define({ activation: activations.snake }))).toEqual(values);
    expect(valuesOf(define({ activation: activations.snake, seed: 2 }))).not.toEqual(values);
  });

  it('has periods that nobody else can change', () => {
    const definition = define({ periods: [1, 2, 3, 4] });
    const { periods } = definition.draw(3).constants;
    definition.periods?.fill(9);
    expect(periods).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  it('divides by the periods whose logarithms are trained', () => {
    const definition = define({
      activation: activations['harmonic-relu'],
      periods: [2, 8],
      learnPeriods: true,
    });
    const { weights, constants } = definition.draw(3);
    expect(constants).toEqual({ periods: undefined, vectors: {} });
    expectAllClose(weights.log_periods.initial(), [Math.log(2), Math.log(8)]);
    const { numTensors } = tf.memory();
    tf.tidy(() => {
      const logPeriods = tf.tensor1d([3, 5].map(Math.log));
      const z = tf.tensor2d([[0.5, 0.5, 0.5, -0.5]]);
      const y = definition.activate(z, { log_periods: logPeriods }, { periods: undefined, vectors: {} });
      expectAllClose(y, { shape: [1, 4], data: [Math.sin(Math.PI / 3), Math.sin(Math.PI / 5), 0.5, 0] });
      const before = tf.memory().numTensors;
      expectAllClose(definition.currentPeriods(logPeriods), { shape: [4], data: [3, 5, 0, 0] });
      expect(tf.memory().numTensors).toBe(before + 1);
    });
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('has no periods where no column has one', () => {
    const none = { hyperparameters: { share: 0 }, periods: [] };
    const mixed = { activation: activations['harmonic-relu'], ...none };
    expect(define(mixed).periods).toEqual(new Float32Array(4));
    for (const options of [mixed, { activation: activations.fan }])
      expect(define(options).draw(3).constants).toEqual({ periods: undefined, vectors: {} });
  });

  it('describes the periods of the columns that have one', () => {
    const options = { activation: activations['harmonic-relu'], periods: [2, 8] };
    const description = 'periods 2 to 8, share 0.5)';
    expect(define(options).description).toBe(`harmonic-relu (${description}`);
    expect(define({ ...options, learnPeriods: true }).description).toBe(
      `harmonic-relu (trained from ${description}`,
    );
    expect(define({ activation: activations.relu }).description).toBe('relu');
  });

  it.each<[string, unknown]>([
    ['units', 0],
    ['isFirst', 1],
    ['useBias', 'yes'],
    ['learnPeriods', 1],
    ['seed', -1],
    ['periods', [1]],
  ])('refuses the %s %j', (argument, value) => {
    expect(() => define({ periods: [1, 2, 3, 4], [argument]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });
});

describe('An activation of a user’s own', () => {
  const { relu } = activations;
  const short = { kernel: new Float32Array(5), bias: new Float32Array(4) };

  it.each([
    [
      { initialize: () => short },
      'activation.initialize',
      'must draw { kernel, bias } with 12 and 4 numbers',
    ],
    [{ initialize: () => ({ kernel: new Float32Array(12) }) }, 'activation.initialize', '12 and 4 numbers'],
    [{ initialize: () => undefined }, 'activation.initialize', '12 and 4 numbers'],
    [
      { vectors: () => ({ trained: { kernel: new Float32Array(4) } }) },
      'activation.vectors',
      'has a vector named "kernel", which is a weight of the layer',
    ],
    [{ vectors: () => ({ fixed: { bias: new Float32Array(4) } }) }, 'activation.vectors', 'named "bias"'],
    [
      { vectors: () => ({ fixed: { log_periods: new Float32Array(4) } }) },
      'activation.vectors',
      'log_periods',
    ],
  ])('is refused if its weights do not fit: %o', (parts, argument, message) => {
    const before = tf.memory().numTensors;
    const activation = { ...relu, name: 'own', ...parts } as never;
    const make = () => new DenseLayer({ inputSize: 3, units: 4, activation, seed: 1 });
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }));
    expect(make).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

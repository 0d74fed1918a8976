import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { fromTensor } from '../../../test/support/fixtures';
import { gaussian } from '../test/own';
import { activations } from './activations';
import { DenseLayer } from './dense-layer';

const made: { dispose(): void }[] = [];
const kept = <T extends { dispose(): void }>(value: T): T => {
  made.push(value);
  return value;
};
afterEach(() => {
  for (const value of made.splice(0)) value.dispose();
});
const weightsOf = ({ weights }: DenseLayer) => Promise.all(Object.values(weights).map(fromTensor));

describe('DenseLayer', () => {
  const dense = (options: object) =>
    kept(new DenseLayer({ inputSize: 3, units: 2, activation: activations.harmonic, ...options }));

  it('takes the period of each unit, and a seed of its own by default', async () => {
    const [first, second] = [0, 1].map(() => dense({ periods: [0.1, 3] }));
    expect(first.periods).toEqual(Float32Array.of(0.1, 3));
    expect(first.description).toBe('harmonic (periods 0.1 to 3, residual 0.1)');
    expect(dense({ periods: [3, 3], hyperparameters: { residual: 0 } }).description).toBe(
      'harmonic (period 3)',
    );
    expect(await weightsOf(first)).not.toEqual(await weightsOf(second));
  });

  it('has current periods if they are trained', () => {
    expect(dense({ periods: [1, 2] }).currentPeriods).toBeUndefined();
    const { weights, currentPeriods } = dense({ periods: [1, 2], learnPeriods: true });
    weights.log_periods.assign(kept(tf.tensor1d([3, 5].map(Math.log))));
    expectAllClose(kept(currentPeriods!()), { shape: [2], data: [3, 5] });
  });

  it.each<[string, unknown, object]>([
    ['periods', undefined, {}],
    ['periods', [1], { periods: [1] }],
    ['periods[1]', 0, { periods: [1, 0] }],
    ['periods', [1, 2], { activation: activations.relu, periods: [1, 2] }],
    ['inputSize', 1.5, { periods: [1, 2], inputSize: 1.5 }],
    ['units', 1.5, { activation: activations.relu, units: 1.5 }],
    ['period', [1, 2], { period: [1, 2] }],
    ['hyperparameters', 5, { periods: [1, 2], hyperparameters: 5 }],
    ['residual', 'a', { periods: [1, 2], hyperparameters: { residual: 'a' } }],
    ['omega', 30, { periods: [1, 2], hyperparameters: { omega: 30 } }],
    ['activation', 'relu', { activation: 'relu' }],
    ['activation.name', undefined, { activation: undefined }],
    ['activation.activate', 5, { activation: { ...gaussian, activate: 5 } }],
  ])('refuses %s: %j', (argument, value, options) => {
    const { numTensors } = tf.memory();
    expect(() => dense(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('refuses options that are not an object', () => {
    expect(() => new DenseLayer(5 as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'options', value: 5 }),
    );
  });
});

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { fromTensor } from '../../../test/support/fixtures';
import { gaussian, octaves } from '../test/own';
import { type Activation, activations, registerActivation } from './activations';
import type { DenseLayer } from './dense-layer';
import { HarmonicLayer } from './harmonic-layer';
import { type LayerOptions, makeLayer } from './make-layer';
import { periods, registerPeriods } from './periods';

registerActivation(gaussian);
registerPeriods(octaves);
afterAll(() => {
  delete (activations as Record<string, unknown>)[gaussian.name];
  delete (periods as Record<string, unknown>)[octaves.name];
});

const made: { dispose(): void }[] = [];
const kept = <T extends { dispose(): void }>(value: T): T => {
  made.push(value);
  return value;
};
afterEach(() => {
  for (const value of made.splice(0)) value.dispose();
});
const layer = (options: Partial<LayerOptions>) =>
  kept(makeLayer({ inputSize: 3, units: 4, activation: 'relu', seed: 1, ...options } as LayerOptions));
const weightsOf = ({ weights }: DenseLayer) => Promise.all(Object.values(weights).map(fromTensor));

describe('makeLayer', () => {
  it('makes a HarmonicLayer of harmonic units with the capped series, the same to the bit', async () => {
    const options = { inputSize: 3, units: 5, baseFreq: 0.5, maxFreq: 1.75, residual: 0.2, seed: 7 };
    const tested = layer({ ...options, activation: 'harmonic', periods: 'capped' });
    const reference = kept(new HarmonicLayer(options));
    expect(tested).toBeInstanceOf(HarmonicLayer);
    expect((tested as HarmonicLayer).getConfig()).toEqual(reference.getConfig());
    expect(await weightsOf(tested)).toEqual(await weightsOf(reference));
    expect(tested.hyperparameters).toEqual({ residual: 0.2 });
    expect(tested.description).toBe('harmonic (periods 0.5 to 1.75, residual 0.2)');
  });

  it('spreads periods otherwise', () => {
    for (const periods of ['test-octaves', octaves]) {
      const tested = layer({ activation: 'harmonic', periods, longest: 4 });
      expect([...tested.periods!]).toEqual([4, 2, 1, 0.5]);
      expect(tested.description).toBe('harmonic (periods 0.5 to 4, residual 0.1)');
    }
  });

  it('takes an activation of your own, with its hyperparameters', async () => {
    for (const activation of ['test-gaussian', gaussian]) {
      const tested = layer({ activation, width: 0.5 });
      expect([tested.activation, tested.hyperparameters, tested.periods]).toEqual([
        gaussian,
        { width: 0.5 },
        undefined,
      ]);
      expect(tested.description).toBe('test-gaussian (width 0.5)');
      const z = kept(tf.tensor2d([[0, 0.5, -0.5, 1]]));
      expectAllClose(kept(tested.activate(z)), { shape: [1, 4], data: [0, -0.5, -0.5, -2].map(Math.exp) });
    }
    expect(layer({ activation: gaussian }).hyperparameters).toEqual({ width: 1 });
  });

  it('ignores what its activation does not use', () => {
    const tested = layer({ activation: 'relu', baseFreq: 2, maxFreq: 3, residual: 0.5, width: 2 });
    expect([tested.hyperparameters, tested.periods, tested.description]).toEqual([{}, undefined, 'relu']);
  });

  it('tells an initializer the place of the layer', async () => {
    const activation: Activation<'omega'> = {
      name: 'test-siren',
      summary: 'sin(ω·z)',
      hyperparameters: { omega: { summary: 'ω', default: 30 } },
      hasPeriods: false,
      initialize({ inputSize, units, isFirst, hyperparameters: { omega } }) {
        const bound = isFirst ? 1 / inputSize : Math.sqrt(6 / inputSize) / omega;
        return { kernel: new Float32Array(inputSize * units).fill(bound), bias: new Float32Array(units) };
      },
      activate: ({ z }, { omega }) => tf.sin(tf.mul(z, omega)),
    };
    const [first, hidden] = [true, undefined].map((isFirst) =>
      layer({ inputSize: 6, activation, omega: 10, isFirst }),
    );
    expect((await weightsOf(first))[0].data[0]).toBeCloseTo(1 / 6, 6);
    expect((await weightsOf(hidden))[0].data[0]).toBeCloseTo(0.1, 6);
  });

  it('makes layers without a bias', () => {
    expect(Object.keys(layer({ useBias: false }).weights)).toEqual(['kernel']);
  });

  it.each<[string, unknown, object?]>([
    ['options', 5],
    ['activation', 'sine'],
    ['activation', undefined],
    ['activation', 'toString'],
    ['inputSize', 0],
    ['units', 0],
    ['units', 0, { activation: 'harmonic', periods: 'test-octaves' }],
    ['useBias', 'yes'],
    ['isFirst', 1],
    ['seed', -1],
    ['width', 0, { activation: 'test-gaussian' }],
    ['longest', -1, { activation: 'harmonic', periods: 'test-octaves' }],
    ['maxFreq', 0, { activation: 'harmonic' }],
    ['residual', Infinity, { activation: 'harmonic' }],
    ['periods', 'random', { activation: 'harmonic' }],
    ['omegas', 30],
  ])('refuses the %s %j', (argument, value, others = {}) => {
    const { numTensors } = tf.memory();
    const given = argument === 'options' ? value : { ...others, [argument]: value };
    const make = () =>
      makeLayer(
        typeof given === 'object'
          ? { inputSize: 3, units: 4, activation: 'relu', ...given }
          : (given as never),
      );
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }));
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it.each([0, 1.5])('asks no distribution for the periods of %d units', (units) => {
    const periods = { ...octaves, periodsOf: vi.fn() };
    expect(() => layer({ activation: 'harmonic', periods, units })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'units', value: units }),
    );
    expect(periods.periodsOf).not.toHaveBeenCalled();
  });

  it('names the choices, and the nearest', () => {
    expect(() => layer({ activation: null as never })).toThrow(
      expect.objectContaining({
        argument: 'activation',
        allowed: expect.stringMatching(/^one of "harmonic"/),
      }),
    );
    expect(() => layer({ activation: 'rellu' })).toThrow(
      expect.objectContaining({
        allowed: expect.stringMatching(/^one of "harmonic", .*"relu", .*"test-gaussian"/),
        fix: 'Did you mean "relu"?',
      }),
    );
    expect(() => layer({ residul: 1 })).toThrow('makeLayer has no option "residul". Did you mean residual?');
  });
});

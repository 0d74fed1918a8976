import '@tensorflow/tfjs-backend-cpu';
import { dispose, setBackend, tensor1d, tidy, train, type Variable, variable } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Adam,
  FrequencyAwareOptimizer,
  getLearningRate,
  ReduceLROnPlateau,
  requireOptimizer,
  setLearningRate,
} from '.';

let kernel: Variable;
beforeAll(async () => {
  await setBackend('cpu');
  kernel = tidy(() => variable(tensor1d([1, 2])));
});
afterAll(() => dispose({ kernel }));

const adam = (options: unknown) => new Adam(options as never);
const aware = (units: unknown, options?: unknown) =>
  new FrequencyAwareOptimizer(adam({}), units as never, options as never);
const plateau = (options: unknown, optimizer: unknown = adam({})) =>
  new ReduceLROnPlateau(optimizer as never, options as never);

describe('is refused', () => {
  const applyGradients = () => {};
  const getClassName = () => 'Half';
  it.each<[run: () => unknown, argument: string, value: unknown]>([
    [() => adam(0.001), 'options', 0.001],
    [() => adam(null), 'options', null],
    [() => adam('fast'), 'options', 'fast'],
    [() => adam([0.001]), 'options', [0.001]],
    [() => adam({ learningRate: -1 }), 'learningRate', -1],
    [() => adam({ learningRate: Number.NaN }), 'learningRate', Number.NaN],
    [() => adam({ beta1: 1 }), 'beta1', 1],
    [() => adam({ beta1: -0.1 }), 'beta1', -0.1],
    [() => adam({ beta2: 1 }), 'beta2', 1],
    [() => adam({ epsilon: -1e-8 }), 'epsilon', -1e-8],
    [() => adam({ weightDecay: -1 }), 'weightDecay', -1],
    [() => adam({ weightDecay: null }), 'weightDecay', null],
    [() => adam({ weightDecayMode: 'L2' }), 'weightDecayMode', 'L2'],
    [() => adam({ lr: 0.1 }), 'lr', 0.1],

    [() => aware(undefined), 'units', undefined],
    [() => aware({ kernel: 1 }), 'units', { kernel: 1 }],
    [() => aware([undefined]), 'units[0]', undefined],
    [() => aware([{ kernel: [1], periods: [1] }]), 'units[0]', { kernel: [1], periods: [1] }],
    [() => aware([{ kernel }]), 'units[0]', { kernel: expect.anything() }],
    [() => aware([{ periods: [1, 2] }]), 'units[0]', { periods: [1, 2] }],
    [() => aware([{ kernel, periods: [-1, 1] }]), 'periods[0]', -1],
    [() => aware([{ kernel, periods: [1, Number.NaN] }]), 'periods[1]', Number.NaN],
    [() => aware([{ kernel, periods: [1, Infinity] }]), 'periods[1]', Infinity],
    [() => aware([], 0.5), 'options', 0.5],
    [() => aware([], { freqScaleFactor: -0.1 }), 'freqScaleFactor', -0.1],
    [() => aware([], { freqScaleFactor: Number.NaN }), 'freqScaleFactor', Number.NaN],
    [() => aware([], { factor: 1 }), 'factor', 1],
    [() => new FrequencyAwareOptimizer(undefined as never, []), 'base', undefined],
    [() => new FrequencyAwareOptimizer(null as never, []), 'base', null],
    [() => new FrequencyAwareOptimizer({} as never, []), 'base', {}],
    [() => new FrequencyAwareOptimizer('sgd' as never, []), 'base', 'sgd'],

    [() => getLearningRate(undefined as never), 'optimizer', undefined],
    [() => setLearningRate('adam' as never, 0.1), 'optimizer', 'adam'],

    [() => plateau({}, null), 'optimizer', null],
    [() => plateau({}, 'adam'), 'optimizer', 'adam'],
    [() => plateau({}, { learningRate: 0.1 }), 'optimizer', { learningRate: 0.1 }],
    [() => plateau({}, { applyGradients }), 'optimizer', { applyGradients }],
    [() => plateau({}, { getClassName }), 'optimizer', { getClassName }],
    [() => plateau(5), 'options', 5],
    [() => plateau({ mode: 'lowest' }), 'mode', 'lowest'],
    [() => plateau({ factor: 1 }), 'factor', 1],
    [() => plateau({ factor: -0.1 }), 'factor', -0.1],
    [() => plateau({ patience: -1 }), 'patience', -1],
    [() => plateau({ patience: 1.5 }), 'patience', 1.5],
    [() => plateau({ threshold: -1 }), 'threshold', -1],
    [() => plateau({ threshold: Number.NaN }), 'threshold', Number.NaN],
    [() => plateau({ thresholdMode: 'relative' }), 'thresholdMode', 'relative'],
    [() => plateau({ cooldown: 0.5 }), 'cooldown', 0.5],
    [() => plateau({ minLearningRate: -1 }), 'minLearningRate', -1],
    [() => plateau({ epsilon: '1e-8' }), 'epsilon', '1e-8'],
    [() => plateau({ epsilon: -1e-8 }), 'epsilon', -1e-8],
    [() => plateau({ min_lr: 0.1 }), 'min_lr', 0.1],
  ])('%s', (run, argument, value) => {
    expect(run).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }));
  });

  it.each<[run: () => unknown, message: string]>([
    [() => adam(0.001), 'options is 0.001; it must be an object, as in new Adam({ learningRate: 1e-3 }).'],
    [() => adam({ beta1: 1 }), 'beta1 is 1; it must be a finite number at least 0 and less than 1.'],
    [
      () => adam({ weightDecayMode: 'L2' }),
      'weightDecayMode is "L2"; it must be one of "l2", "decoupled". Did you mean "l2"?',
    ],
    [() => adam({ learnigRate: 1 }), 'Adam has no option "learnigRate". Did you mean learningRate?'],
    [
      () => aware(undefined),
      "units is undefined; it must be a list of harmonic layers, such as model.harmonicLayers, or a function that returns a variable's periods.",
    ],
    [
      () => aware([undefined]),
      'units[0] is undefined; it must be an object with a kernel (a tf.Variable) and the periods of its units, such as a HarmonicLayer.',
    ],
    [
      () => aware([], { factor: 1 }),
      'FrequencyAwareOptimizer has no option "factor". It takes freqScaleFactor, freqScale, scale.',
    ],
    [
      () => plateau({ min_learning_rate: 1 }),
      'ReduceLROnPlateau has no option "min_learning_rate". Did you mean minLearningRate?',
    ],
    [
      () => requireOptimizer('optimizer', 'adam'),
      'optimizer is "adam"; it must be a tf.Optimizer, such as new Adam({ learningRate: 1e-3 }) or tf.train.sgd(0.1).',
    ],
  ])('%s, in words', (run, message) => {
    expect(run).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message }));
  });
});

it('takes any tf.Optimizer for one', () => {
  for (const optimizer of [adam({}), aware([]), train.sgd(0.1)]) {
    expect(requireOptimizer('optimizer', optimizer)).toBe(optimizer);
    optimizer.dispose();
  }
});

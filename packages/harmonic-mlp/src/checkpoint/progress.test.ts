import { describe, expect, it } from 'vitest';
import { numericSettings, type Progress } from '.';
import { requireProgress } from './progress';

/** A run in its second epoch. */
const valid: Progress = {
  seed: 0,
  batchSize: 8,
  dropLast: false,
  size: 20,
  stepsPerEpoch: 3,
  epoch: 2,
  step: 1,
  lossSum: 1.5,
  metricSums: { accuracy: 4 },
  examples: 8,
  learningRate: 0.01,
  initialLearningRate: 0.1,
  history: [
    {
      epoch: 1,
      trainLoss: 1,
      trainAccuracy: 0.5,
      trainMetrics: { confidence: 0.5 },
      validation: { loss: 1, accuracy: 0.5 },
      learningRate: 0.1,
      seconds: 2,
    },
  ],
  schedule: { kind: 'cosine', settings: {}, steps: 6, state: {} },
  optimizerSettings: { className: 'FrequencyAwareOptimizer', baseClassName: 'HarmonicAdam', nesterov: true },
  optimizer: { 'output/bias.step': 4 },
  callbacks: { counter: { count: 4 } },
};
const { history } = valid;

const record = (change: object) => ({ history: [{ ...history[0], ...change }] });
const schedule = (change: object) => ({ schedule: { ...valid.schedule, ...change } });
const optimizer = (change: object) => ({ optimizerSettings: { ...valid.optimizerSettings, ...change } });

describe('requireProgress', () => {
  it.each<[string, object]>([
    ['a whole one', {}],
    [
      'that of an older file',
      { size: undefined, optimizerSettings: undefined, initialLearningRate: undefined },
    ],
    ['one whose optimizer tells no rate', { learningRate: undefined }],
    ['one of a constant rate', { schedule: null }],
    ['a schedule that tells nothing', { schedule: {} }],
    ['one that has done no step', { epoch: 1, step: 0, history: [], optimizer: {} }],
    ['one that has done all steps of an epoch', { step: 3 }],
    [
      'an optimizer without counts',
      { ...optimizer({ className: 'SGD', baseClassName: undefined }), optimizer: {} },
    ],
    ['no validation, and no accuracy', record({ validation: undefined, trainAccuracy: undefined })],
    ['no metrics, and no rate', record({ trainMetrics: undefined, learningRate: undefined })],
  ])('takes %s', (_, change) => {
    const progress = { ...valid, ...change };
    expect(requireProgress(progress)).toBe(progress);
  });

  it.each<[string, object]>([
    ...[-1, 0.5, undefined].map((seed) => [`seed is ${seed}`, { seed }] as [string, object]),
    ...['batchSize', 'size', 'stepsPerEpoch', 'epoch'].flatMap((name) =>
      [0, 1.5].map((value) => [`${name} is ${value}`, { [name]: value }] as [string, object]),
    ),
    ['dropLast is not true or false', { dropLast: 0 }],
    ['step is -1', { step: -1 }],
    ['step is 1.5', { step: 1.5 }],
    ['step is 4', { step: 4 }],
    ['lossSum is null', { lossSum: null }],
    ['metricSums is not an object', { metricSums: undefined }],
    ['metricSums.accuracy is "4"', { metricSums: { accuracy: '4' } }],
    ['examples is -1', { examples: -1 }],
    ['examples is 1.5', { examples: 1.5 }],
    ['learningRate is -1', { learningRate: -1 }],
    ['initialLearningRate is -1', { initialLearningRate: -1 }],
    ['history is not a list', { history: { length: 1 } }],
    ['the length of history is 0; it must be a finite number at least 1', { history: [] }],
    ['the length of history is 2; it must be .* at most 1', { history: [...history, ...history] }],
    ['a record of history is not an object', { history: [null] }],
    ['an epoch of history is 0', record({ epoch: 0 })],
    ['an epoch of history is 1.5', record({ epoch: 1.5 })],
    ...['trainLoss', 'trainAccuracy', 'learningRate', 'seconds'].map(
      (name) => ['a number of history is "1"', record({ [name]: '1' })] as [string, object],
    ),
    ['the metrics of history is not an object', record({ trainMetrics: [1] })],
    ['the metrics of history.f1 is "1"', record({ trainMetrics: { f1: '1' } })],
    ['the loss of a validation of history is undefined', record({ validation: {} })],
    ['a validation of history.accuracy is "1"', record({ validation: { loss: 1, accuracy: '1' } })],
    ['optimizer is not an object', { optimizer: null }],
    ['optimizer.x is -1', { optimizer: { x: -1 } }],
    ['optimizer is empty', { optimizer: {} }],
    ['optimizer is empty', { optimizer: {}, epoch: 1, history: [] }],
    ['optimizer is empty', { optimizer: {}, step: 0 }],
    ['optimizer is empty', { optimizer: {}, optimizerSettings: undefined }],
    [
      'optimizer is empty',
      { optimizer: {}, ...optimizer({ className: 'HarmonicAdam', baseClassName: undefined }) },
    ],
    ['schedule is not an object', { schedule: undefined }],
    ['schedule is not an object', { schedule: 'cosine' }],
    ['schedule.kind is not a string', schedule({ kind: 5 })],
    ['schedule.settings is not an object', schedule({ settings: null })],
    ['schedule.state is not an object', schedule({ state: [] })],
    ['schedule.steps is 0', schedule({ steps: 0 })],
    ...numericSettings.map((name) => [`${name} is -1`, optimizer({ [name]: -1 })] as [string, object]),
    ['nesterov is 1', optimizer({ nesterov: 1 })],
    ['className is undefined', optimizer({ className: undefined })],
    ['className is undefined', { optimizerSettings: null }],
    ...['className', 'baseClassName', 'weightDecayMode', 'freqScale', 'optimizer'].map(
      (name) => [`${name} is 5; it must be a string`, optimizer({ [name]: 5 })] as [string, object],
    ),
    ['callbacks is not an object', { callbacks: undefined }],
    ['callbacks.counter is not an object', { callbacks: { counter: 4 } }],
  ])('refuses it where %s', (problem, change) => {
    expect(() => requireProgress({ ...valid, ...change })).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        message: expect.stringMatching(`^The model file's record of its training run is damaged: ${problem}`),
        cause: expect.any(Error),
      }),
    );
  });
});

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

const field = (name: string) => (value: unknown) =>
  [name, value, { [name]: value }] as [string, unknown, object];
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

  it.each<[string, unknown, object]>([
    ...[-1, 0.5, undefined].map(field('seed')),
    ...['batchSize', 'size', 'stepsPerEpoch', 'epoch'].flatMap((name) => [0, 1.5].map(field(name))),
    ...[0, undefined].map(field('dropLast')),
    ...[0, null].map(field('isEvaluated')),
    ...[-1, 1.5, 4].map(field('step')),
    ...[null, '1'].map(field('lossSum')),
    ...[undefined, null, [1], 5].map(field('metricSums')),
    ['metricSums.accuracy', '4', { metricSums: { accuracy: '4' } }],
    ...[-1, 1.5].map(field('examples')),
    ...['learningRate', 'initialLearningRate'].flatMap((name) => [-1, null].map(field(name))),
    ...[{ length: 1 }, undefined].map(field('history')),
    ['history.length', 0, { history: [] }],
    ['history.length', 2, { history: [...history, ...history] }],
    ['history[0]', null, { history: [null] }],
    ...['epoch', 'trainLoss', 'trainAccuracy', 'learningRate', 'seconds'].map(
      (name) => [`history[0].${name}`, '1', record({ [name]: '1' })] as [string, string, object],
    ),
    ...[0, 1.5].map((epoch) => ['history[0].epoch', epoch, record({ epoch })] as [string, number, object]),
    ['history[0].trainMetrics', [1], record({ trainMetrics: [1] })],
    ['history[0].trainMetrics.f1', '1', record({ trainMetrics: { f1: '1' } })],
    ['history[0].validation', null, record({ validation: null })],
    ['history[0].validation.loss', undefined, record({ validation: {} })],
    ['history[0].validation.accuracy', '1', record({ validation: { loss: 1, accuracy: '1' } })],
    ...[undefined, null, {}].map(field('optimizer')),
    ['optimizer.x', -1, { optimizer: { x: -1 } }],
    ['optimizer', {}, { optimizer: {}, epoch: 1, history: [] }],
    ['optimizer', {}, { optimizer: {}, step: 0 }],
    ['optimizer', {}, { optimizer: {}, optimizerSettings: undefined }],
    [
      'optimizer',
      {},
      { optimizer: {}, ...optimizer({ className: 'HarmonicAdam', baseClassName: undefined }) },
    ],
    ...[undefined, 'cosine', []].map(field('schedule')),
    ['schedule.kind', 5, schedule({ kind: 5 })],
    ['schedule.settings', null, schedule({ settings: null })],
    ['schedule.state', [], schedule({ state: [] })],
    ['schedule.steps', 0, schedule({ steps: 0 })],
    ['schedule.steps', 1.5, schedule({ steps: 1.5 })],
    ...numericSettings.map((name) => [name, -1, optimizer({ [name]: -1 })] as [string, number, object]),
    ['nesterov', 1, optimizer({ nesterov: 1 })],
    ['className', undefined, optimizer({ className: undefined })],
    ['className', undefined, { optimizerSettings: null }],
    ...['className', 'baseClassName', 'weightDecayMode', 'freqScale', 'optimizer'].map(
      (name) => [name, 5, optimizer({ [name]: 5 })] as [string, number, object],
    ),
    ...[undefined, [], null].map(field('callbacks')),
    ['callbacks.counter', 4, { callbacks: { counter: 4 } }],
  ])('refuses the %s %j', (argument, value, change) => {
    expect(() => requireProgress({ ...valid, ...change })).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: `training.${argument}`,
        value,
        allowed: expect.any(String),
        cause: expect.objectContaining({ code: expect.stringMatching(/^INVALID_/), argument, value }),
      }),
    );
  });

  it.each<[object, string]>([
    [{ history: 5 }, 'history is 5; it must be a list'],
    [{ optimizer: {} }, 'optimizer is an object; it must be the counts of its steps'],
    [{ callbacks: 5 }, 'callbacks is 5; it must be an object'],
    [schedule({ kind: 5 }), 'schedule.kind is 5; it must be a string'],
    [{ step: 4 }, 'step is 4; it must be an integer at least 0 and at most 3'],
  ])('says what %j must be', (change, problem) => {
    expect(() => requireProgress({ ...valid, ...change })).toThrow(
      `The model file's record of its training run is damaged: ${problem}`,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { isReadable, upgradeProgress, version } from './upgrade';

/** A record as version 1 had it, but for what both have. */
const first = {
  correct: 3,
  schedule: { bad: 1 },
  scheduleKind: 'ReduceLROnPlateau',
  scheduleSettings: { patience: 2 },
  optimizerSettings: { className: 'FrequencyAwareOptimizer', scale: 'update' },
  history: [{ learningRate: 0.1 }],
  learningRate: 0.01,
};
const upgraded = {
  metricSums: { accuracy: 3 },
  schedule: { kind: 'ReduceLROnPlateau', settings: { patience: 2 }, state: { bad: 1 } },
  optimizerSettings: { className: 'FrequencyAwareOptimizer', freqScale: 'update' },
  history: [{ learningRate: 0.1 }],
  learningRate: 0.01,
  initialLearningRate: 0.1,
  dropLast: false,
  callbacks: {},
};

it.each<[string | undefined, boolean]>([
  ['1', true],
  ['2', true],
  [version, true],
  ['0', false],
  ['4', false],
  ['toString', false],
  [undefined, false],
])('Version %j can be read: %j', (from, expected) => {
  expect(isReadable(from)).toBe(expected);
});

describe('upgradeProgress', () => {
  it.each<[string, object, object]>([
    ['all', {}, {}],
    [
      'what it says itself',
      { dropLast: true, initialLearningRate: 1 },
      { dropLast: true, initialLearningRate: 1 },
    ],
    ['the rate where no epoch has ended', { history: [] }, { history: [], initialLearningRate: 0.01 }],
    ['no history', { history: undefined }, { history: undefined, initialLearningRate: 0.01 }],
    ['a history that is none', { history: 5 }, { history: 5, initialLearningRate: 0.01 }],
    ['a constant rate', { schedule: null }, { schedule: null }],
    ['no schedule', { schedule: undefined }, { schedule: undefined }],
    ...[undefined, null, 5, { className: 'HarmonicAdam' }].map(
      (optimizerSettings) =>
        [
          `the optimizer ${JSON.stringify(optimizerSettings)}`,
          { optimizerSettings },
          { optimizerSettings },
        ] as [string, object, object],
    ),
  ])('keeps %s of version 1', (_, given, expected) => {
    expect(upgradeProgress('1', { ...first, ...given })).toEqual({ ...upgraded, ...expected });
  });

  it('leaves what the current version wrote', () => {
    expect(upgradeProgress(version, upgraded)).toBe(upgraded);
  });
});

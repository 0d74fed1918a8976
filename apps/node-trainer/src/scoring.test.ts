import { describe, expect, it } from 'vitest';
import { type AnyRecord, bestOf, named, scoringOf } from './scoring';

const record = (validation?: object): AnyRecord => ({
  epoch: 1,
  trainLoss: 1,
  trainAccuracy: undefined,
  seconds: 1,
  validation: validation && { loss: 1, accuracy: undefined, ...validation },
});

describe('the best', () => {
  it('is the highest accuracy, or the lowest RMSE', () => {
    const accuracies = [0.5, 0.75, 0.25].map((accuracy) => record({ accuracy }));
    expect(bestOf(scoringOf(), accuracies)).toBe(0.75);
    expect(bestOf(scoringOf('multi-label'), accuracies)).toBe(0.75);
    const errors = [0.5, 0.25, 0.75].map((rmse) => record({ rmse, r2: rmse }));
    expect(bestOf(scoringOf('regression'), errors)).toBe(0.25);
  });

  it('is none where nothing was evaluated', () => {
    expect(bestOf(scoringOf(), [])).toBeUndefined();
    expect(bestOf(scoringOf('regression'), [record()])).toBeUndefined();
    expect(bestOf(scoringOf('regression'), [record(), record({ rmse: 1 })])).toBe(1);
  });
});

it('metrics have names for programs', () => {
  expect(named(scoringOf('regression'), 'test', (metric) => ({ rmse: 1, r2: 2 })[metric])).toEqual({
    testRmse: 1,
    testR2: 2,
  });
  expect(named(scoringOf(), 'bestTest', () => null)).toEqual({ bestTestAccuracy: null });
});

it.each([
  [0, '0.00'],
  [0.0012345, '0.00123'],
  [0.00099, '9.90e-4'],
  [12.345, '12.3'],
  [12345, '1.23e+4'],
  [undefined, '–'],
])('an RMSE of %s reads %s', (value, text) => {
  expect(scoringOf('regression').main.text(value)).toBe(text);
});

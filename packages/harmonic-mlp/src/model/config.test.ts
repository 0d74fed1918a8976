import { describe, expect, it } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import { activations, resolveConfig } from '.';

it('The activations that there are by themselves have names', () => {
  expect(activations).toEqual(expect.arrayContaining(['harmonic', 'relu', 'linear']));
});

describe('resolveConfig', () => {
  it('gives each layer its periods', () => {
    expect(resolveConfig({ hidden: [4, 4, 4], baseFreq: 2 })).toMatchObject({
      baseFreq: [2, 2, 2],
      maxFreq: [5, 3, 3],
    });
    expect(resolveConfig({ hidden: [4, 4], baseFreq: [1, 2], maxFreq: [3, 4] })).toMatchObject({
      baseFreq: [1, 2],
      maxFreq: [3, 4],
    });
    expect(resolveConfig({ hidden: [] })).toMatchObject({ baseFreq: [], maxFreq: [] });
  });

  it.each([
    ['inputSize', 0],
    ['inputSize', 2.5],
    ['classes', 1],
    ['classes', 2.5],
    ['classes', 257],
    ['residual', -1e31],
    ['residual', 1e31],
    ['dropout', -0.1],
    ['seed', 0.5],
    ['baseFreq', [1]],
    ['maxFreq', [1, 2, 3]],
  ])('refuses the %s %j', (argument, value) => {
    expect(errorOf(() => resolveConfig({ [argument]: value }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument,
      value,
    });
  });

  it('takes a model of 2^26 parameters, and no larger one', () => {
    const largest = { inputSize: 2 ** 26 / 256 - 1, classes: 256, hidden: [] };
    expect(resolveConfig(largest)).toMatchObject(largest);
    expect(errorOf(() => resolveConfig({ ...largest, inputSize: 2 ** 26 / 256 }))).toMatchObject({
      argument: 'hidden',
      value: [],
    });
  });
});

import { describe, expect, it } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import { settings } from '../settings';
import { requireSweepFile } from './sweep-file';

it('a sweep of a file is checked, and its axes are as sweep takes them', () => {
  const content = {
    preset: 'recommended',
    settings: { epochs: 3, hidden: [64] },
    axes: {
      learningRate: 'log:1e-4..1e-2:3',
      dropout: { from: 0, to: 0.5 },
      activation: ['relu', 'harmonic'],
    },
    seeds: [1, 2],
    search: 'random',
    trials: 8,
    searchSeed: 4,
    prune: 'asha',
    pruning: { minEpochs: 2 },
  };
  expect(requireSweepFile(content)).toEqual({
    ...content,
    axes: { ...content.axes, learningRate: { from: 1e-4, to: 1e-2, scale: 'log', points: 3 } },
  });
});

it.each([[{}], [{ settings: null, axes: null }]])('%j is a sweep of nothing', (content) => {
  expect(requireSweepFile(content)).toEqual({ settings: {}, axes: {} });
});

it('other tables have other settings', () => {
  const table = settings.filter(({ name }) => name === 'epochs');
  expect(requireSweepFile({ axes: { epochs: [1] } }, { table })).toMatchObject({ axes: { epochs: [1] } });
  expect(() => requireSweepFile({ axes: { dropout: [0.1] } }, { table })).toThrow(/dropout/);
});

describe('a file is refused, and named', () => {
  it.each<[unknown, string]>([
    [
      null,
      'sweep.yaml: The sweep is null; it must be an object, such as {"axes": {"learningRate": [0.001, 0.003]}',
    ],
    [[], 'sweep.yaml: The sweep is an array; it must be an object'],
    [{ axis: {} }, 'sweep.yaml: A sweep has no "axis". Did you mean "axes"?'],
    [
      { metric: 'loss' },
      'sweep.yaml: A sweep has no "metric". It has preset, settings, axes, seeds, search, trials,',
    ],
    [
      { epochs: 3 },
      'sweep.yaml: A sweep has no "epochs". Put it into "settings", or into "axes" to vary it.',
    ],
    [{ axes: [] }, 'sweep.yaml: axes is an array; it must be an object of lists and ranges'],
    [
      { axes: 'learningRate' },
      'sweep.yaml: axes is "learningRate"; it must be an object of lists and ranges',
    ],
    [
      { axes: { learningrate: [1] } },
      'sweep.yaml: There is no setting "learningrate". Did you mean "learningRate"?',
    ],
    [
      { axes: { learningRate: [0] } },
      'sweep.yaml: axes.learningRate is 0; it must be a finite number greater than 0.',
    ],
    [{ axes: { hidden: [[0]] } }, 'sweep.yaml: axes.hidden[0] is 0; it must be an integer at least 1.'],
    [
      { settings: { epochs: 1 }, axes: { epochs: [1, 2] } },
      'sweep.yaml: epochs is both a setting and an axis. Leave one of them out.',
    ],
    [{ settings: { epochs: 0 } }, 'sweep.yaml: epochs is 0; it must be an integer at least 1.'],
    [{ settings: [] }, 'sweep.yaml: The configuration is an array'],
    [
      { settings: { preset: 'published' } },
      'sweep.yaml: The preset of a sweep is not a setting. Put "preset" beside',
    ],
    [{ preset: 'best' }, 'sweep.yaml: preset is "best"; it must be one of "published", "recommended".'],
    [{ search: 'gird' }, 'sweep.yaml: search is "gird"; it must be one of "grid", "random", "tpe".'],
    [{ prune: 'medium' }, 'sweep.yaml: prune is "medium"; it must be one of "none", "asha", "median".'],
  ])('%j', (content, message) => {
    const error = errorOf(() => requireSweepFile(content as object, { file: 'sweep.yaml' }));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message.slice(0, message.length)).toBe(message);
  });
});

import { expect, it } from 'vitest';
import * as harmonicLayer from './index';

it('exports these', () => {
  expect(Object.keys(harmonicLayer).sort()).toEqual([
    'HarmonicLayer',
    'cappedHarmonicSeries',
    'frequencyScaledWeights',
  ]);
});

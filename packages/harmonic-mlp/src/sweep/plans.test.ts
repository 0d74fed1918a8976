import { expect, it } from 'vitest';
import { requireSettings } from '../settings';
import { adaptiveRates, fixedRates } from './plans';
import { requireSweepFile } from './sweep-file';

it('the published fixed rates are trained for five epochs each', () => {
  expect(fixedRates).toEqual({
    axes: { learningRate: [0.0001, 0.0003, 0.001, 0.003, 0.01] },
    settings: { epochs: 5, schedule: 'constant' },
  });
});

it('the published adaptive rates are around the steepest descent of a range test', () => {
  // numpy.logspace(log10(0.0008) − 1, log10(0.0008) + 1, 5)
  const plan = adaptiveRates({ steepest: 0.0008, minimumTenth: 0.002 } as Parameters<
    typeof adaptiveRates
  >[0])!;
  expect(plan.axes.learningRate).toEqual([8e-5, 2.53e-4, 8e-4, 2.53e-3, 8e-3]);
  expect(plan.settings).toEqual({ batchSize: 64, epochs: 6, schedule: 'constant' });
});

it('without a steepest descent there is no adaptive plan', () => {
  expect(adaptiveRates({} as Parameters<typeof adaptiveRates>[0])).toBeUndefined();
});

it('plans are sweeps, and their settings are settings', () => {
  for (const { axes, settings } of [fixedRates, adaptiveRates({ steepest: 0.01 } as never)!]) {
    expect(requireSweepFile({ axes, settings })).toEqual({ axes, settings });
    expect(requireSettings(settings)).toEqual(settings);
  }
});

import '@tensorflow/tfjs-backend-cpu';
import { scalar, setBackend, train, variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { readFixture } from '../../../test/support/fixtures';
import { Adam } from './adam';
import { getLearningRate } from './learning-rate';
import { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './reduce-lr-on-plateau';

interface PlateauCase extends Required<ReduceLROnPlateauOptions> {
  name: string;
  learningRate: number;
  losses: (number | null)[];
  learningRates: number[];
  badEpochs: number[];
  cooldowns: number[];
}
const { cases } = readFixture<{ cases: PlateauCase[] }>('plateau');

/** Only the options, as the class takes them. */
const optionsOf = ({ factor, patience, threshold, cooldown, minLearningRate, epsilon }: PlateauCase) => ({
  factor,
  patience,
  threshold,
  cooldown,
  minLearningRate,
  epsilon,
});
const metricsOf = ({ losses }: PlateauCase) => losses.map((loss) => loss ?? Number.NaN);

/** The learning rate after each metric, starting at 1 and by default halved at each reduction. */
function ratesOf(options: ReduceLROnPlateauOptions, metrics: number[]): number[] {
  const optimizer = new Adam({ learningRate: 1 });
  const schedule = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 0, ...options });
  return metrics.map((metric) => {
    schedule.step(metric);
    return optimizer.learningRate;
  });
}

beforeAll(async () => {
  await setBackend('cpu');
});

// Rates are compared to the last bit throughout: the schedule is arithmetic on doubles.
describe.each(cases)('PyTorch: $name', (fixture) => {
  it('gives the same rates and counts', () => {
    const optimizer = new Adam({ learningRate: fixture.learningRate });
    const schedule = new ReduceLROnPlateau(optimizer, optionsOf(fixture));
    for (const [i, metric] of metricsOf(fixture).entries()) {
      schedule.step(metric);
      expect(optimizer.learningRate, `rate after step ${i + 1}`).toBe(fixture.learningRates[i]);
      expect(schedule.getState(), `state after step ${i + 1}`).toMatchObject({
        badEpochs: fixture.badEpochs[i],
        cooldownLeft: fixture.cooldowns[i],
      });
    }
  });

  it('goes on the same from a state saved as JSON after any step', () => {
    const metrics = metricsOf(fixture);
    for (let saved = 0; saved <= metrics.length; saved++) {
      const optimizer = new Adam({ learningRate: fixture.learningRate });
      let schedule = new ReduceLROnPlateau(optimizer, optionsOf(fixture));
      const rates = metrics.map((metric, i) => {
        if (i === saved) {
          const state = JSON.parse(JSON.stringify(schedule.getState()));
          schedule = new ReduceLROnPlateau(optimizer, optionsOf(fixture));
          schedule.setState(state);
        }
        schedule.step(metric);
        return optimizer.learningRate;
      });
      expect(rates, `saved after step ${saved}`).toEqual(fixture.learningRates);
    }
  });
});

it('sets the rate of a stock optimizer, and the next step feels it', () => {
  const optimizer = train.sgd(0.5);
  const schedule = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 0 });
  schedule.step(1);
  schedule.step(1);
  expect(getLearningRate(optimizer)).toBe(0.25);
  const w = variable(scalar(1));
  optimizer.applyGradients({ [w.name]: scalar(2) });
  expect(w.dataSync()[0]).toBe(0.5);
});

describe('modes', () => {
  // Bars worked out by hand: best 1, threshold 0.125.
  it.each<[ReduceLROnPlateauOptions, number[], number[]]>([
    [{ mode: 'min', thresholdMode: 'rel' }, [2, 1.75, 1.7], [1, 0.5, 0.5]],
    [{ mode: 'min', thresholdMode: 'abs' }, [2, 1.875, 1.87], [1, 0.5, 0.5]],
    [{ mode: 'max', thresholdMode: 'rel' }, [2, 2.25, 2.26], [1, 0.5, 0.5]],
    [{ mode: 'max', thresholdMode: 'abs' }, [2, 2.125, 2.13], [1, 0.5, 0.5]],
    [{ mode: 'max' }, [2, 1, 0], [1, 0.5, 0.25]],
    [{ mode: 'max' }, [-2, -1, -0.5], [1, 1, 1]],
  ])('%j: a metric at the bar is bad, beyond it good: %j', (options, metrics, rates) => {
    expect(ratesOf({ threshold: 0.125, ...options }, metrics)).toEqual(rates);
  });

  it('are mirror images with an absolute threshold', () => {
    const metrics = [3, 2.9, 2.5, 2.45, 2.6, 2.2, 2.2, 2.1, 1, 1.05];
    const options: ReduceLROnPlateauOptions = { thresholdMode: 'abs', threshold: 0.1, cooldown: 1 };
    const falling = ratesOf({ ...options, mode: 'min' }, metrics);
    const negated = metrics.map((metric) => -metric);
    expect(ratesOf({ ...options, mode: 'max' }, negated)).toEqual(falling);
    expect(new Set(falling).size).toBeGreaterThan(2);
  });
});

it('makes a reduction that is larger than epsilon, and none that is as large', () => {
  expect(ratesOf({ epsilon: 0.5 }, [1, 1])).toEqual([1, 1]);
  expect(ratesOf({ epsilon: 0.49 }, [1, 1])).toEqual([1, 0.5]);
});

it('multiplies, as PyTorch does: a quotient would have other last bits', () => {
  const optimizer = new Adam({ learningRate: 0.1 });
  const schedule = new ReduceLROnPlateau(optimizer, { patience: 0 });
  schedule.step(1);
  schedule.step(1);
  expect(optimizer.learningRate).toBe(0.1 * 0.1);
  expect(0.1 * 0.1).not.toBe(0.1 / 10);
});

it('has the documented defaults', () => {
  const optimizer = new Adam({ learningRate: 1 });
  const schedule = new ReduceLROnPlateau(optimizer);
  schedule.step(1);
  for (let bad = 1; bad <= 10; bad++) schedule.step(0.9999);
  expect(optimizer.learningRate).toBe(1);
  schedule.step(0.9999);
  expect(optimizer.learningRate).toBe(0.1);
});

describe('saved state', () => {
  it.each(['min', 'max'] as const)('before the first step is JSON and has no best metric (%s)', (mode) => {
    const schedule = new ReduceLROnPlateau(new Adam(), { mode });
    expect(JSON.parse(JSON.stringify(schedule.getState()))).toEqual({
      best: null,
      badEpochs: 0,
      cooldownLeft: 0,
    });
    const optimizer = new Adam({ learningRate: 1 });
    const next = new ReduceLROnPlateau(optimizer, { mode, patience: 0 });
    next.setState(schedule.getState());
    next.step(mode === 'min' ? 1e9 : -1e9);
    expect(optimizer.learningRate).toBe(1);
  });

  it.each<[string, object]>([
    ['an empty object', {}],
    ['an array', []],
    ['null', null as never],
    ['no best metric', { badEpochs: 0, cooldownLeft: 0 }],
    ['a best metric in words', { best: '1', badEpochs: 0, cooldownLeft: 0 }],
    ['no count of bad epochs', { best: 1, cooldownLeft: 0 }],
    ['no cooldown', { best: 1, badEpochs: 0, cooldownLeft: null }],
  ])('is refused and changes nothing: %s', (_, state) => {
    const schedule = new ReduceLROnPlateau(new Adam());
    schedule.step(3);
    const before = schedule.getState();
    expect(() => schedule.setState(state)).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: 'state',
        value: state,
        allowed: 'a saved state of ReduceLROnPlateau, with best, badEpochs, and cooldownLeft',
      }),
    );
    expect(schedule.getState()).toEqual(before);
  });
});

it('asks for an optimizer with a readable rate when it is made, not at the first reduction', () => {
  const rateless = { applyGradients() {}, getClassName: () => 'Rateless' };
  expect(() => new ReduceLROnPlateau(rateless as never)).toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED',
      argument: 'optimizer',
      value: rateless,
      message: 'Rateless has no numeric learningRate to read.',
    }),
  );
});

it.each([undefined, '0.5', null, {}])('refuses %j as a metric, and counts nothing', (metric) => {
  const schedule = new ReduceLROnPlateau(new Adam());
  const before = schedule.getState();
  expect(() => schedule.step(metric as never)).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      argument: 'metric',
      value: metric,
      allowed: "a number, such as the epoch's mean training loss",
    }),
  );
  expect(schedule.getState()).toEqual(before);
});

it('is made again by its configuration', () => {
  const schedule = new ReduceLROnPlateau(new Adam(), { patience: 3, mode: 'max' });
  expect(schedule.getConfig()).toMatchObject({ patience: 3, mode: 'max', factor: 0.1 });
  expect(new ReduceLROnPlateau(new Adam(), schedule.getConfig()).getConfig()).toEqual(schedule.getConfig());
  expect(schedule.getClassName()).toBe('ReduceLROnPlateau');
});

// PyTorch's arithmetic, which the documentation of thresholdMode describes.
it('takes a slightly worse metric for a better one where it is negative and the threshold relative', () => {
  expect(ratesOf({ threshold: 0.1 }, [-1, -0.95])).toEqual([1, 1]);
  expect(ratesOf({ threshold: 0.1, thresholdMode: 'abs' }, [-1, -0.95])).toEqual([1, 0.5]);
});

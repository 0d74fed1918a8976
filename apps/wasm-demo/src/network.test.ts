import type { Evaluation } from 'harmonic-mlp';
import { beforeEach, describe, expect, it } from 'vitest';
import { Network } from './network';
import type { Inspection, Position } from './worker/protocol';

const stepsPerEpoch = 100;
const at = (steps: number, seconds = steps / 10): Position => ({
  epoch: 1 + Math.floor(steps / stepsPerEpoch),
  step: steps % stepsPerEpoch,
  stepsPerEpoch,
  seconds,
});
const seen = (accuracy: number) => ({ test: { loss: 1 - accuracy, value: accuracy } }) as Inspection;
/** An epoch that has ended, with these results on the test examples. */
const ended = (epoch: number, results: { accuracy?: number; rmse?: number }) => {
  const validation = { loss: 1, ...results } as Evaluation<number | undefined>;
  const trainMetrics = { rmse: 0.5 };
  return {
    record: { epoch, trainLoss: 1, trainAccuracy: 0.5, trainMetrics, validation, seconds: 1 },
    seconds: 10 * epoch,
  };
};

let network: Network;
beforeEach(() => {
  network = new Network(0, undefined as never, { backend: 'wasm', simd: 'fixed' }, () => {});
  network.begin({ activation: 'harmonic', dataset: 'mnist' });
});

describe('the times to an accuracy', () => {
  it('are those of the first look that showed it, and say when it was not there yet', () => {
    network.see(seen(0.1), at(0));
    network.see(seen(0.94), at(20));
    network.see(seen(0.965), at(50));
    network.see(seen(0.955), at(70));
    expect(network.milestones.value).toEqual([
      { seconds: 5, epochs: 0.5, notYet: 2 },
      { seconds: 5, epochs: 0.5, notYet: 2 },
      undefined,
    ]);
    expect(network.value.value).toBe(0.955);
  });

  it('take an untrained network for none, and looks that come late in their order', () => {
    network.see(seen(0.99), at(0));
    expect(network.milestones.value[0]).toBeUndefined();
    network.see(seen(0.97), at(60));
    network.see(seen(0.96), at(40));
    expect(network.milestones.value).toEqual([
      { seconds: 4, epochs: 0.4, notYet: 0 },
      { seconds: 4, epochs: 0.4, notYet: 0 },
      { seconds: 6, epochs: 0.6, notYet: 0 },
    ]);
    expect(network.curves.value.test.x).toEqual([0, 0.4, 0.6]);
    expect(network.value.value).toBe(0.97);
  });
});

it('has the best accuracy at the end of an epoch, not between', () => {
  const end = (epoch: number, accuracy: number) =>
    network.take({ type: 'epochs', at: at(epoch * stepsPerEpoch), epochs: [ended(epoch, { accuracy })] });
  network.see(seen(0.97), at(50));
  expect(network.best.value).toBeUndefined();
  end(1, 0.96);
  end(2, 0.95);
  expect([network.best.value, network.value.value]).toEqual([0.96, 0.95]);
});

describe('the curves', () => {
  const train = (steps: number, loss: number) =>
    network.take({ type: 'metrics', at: at(steps), steps: 1, loss, value: 1 - loss });

  it('begin at what is first measured, and are smoothed from there', () => {
    train(1, 0.8);
    expect(network.curves.value.training.loss).toEqual([expect.closeTo(0.8, 12)]);
    for (let step = 2; step <= 200; step++) train(step, 0.2);
    const { loss, value } = network.curves.value.training;
    expect(loss[1]).toBeCloseTo(0.5, 1);
    expect(loss.at(-1)).toBeCloseTo(0.2, 3);
    expect(value.at(-1)).toBeCloseTo(0.8, 3);
  });

  it('do not grow for ever, and keep their ends', () => {
    for (let step = 1; step <= 20_000; step++) train(step, 0.5);
    const { x, loss, value } = network.curves.value.training;
    expect(x.length).toBeLessThanOrEqual(1500);
    expect([loss.length, value.length]).toEqual([x.length, x.length]);
    expect(x.at(-1)).toBe(200);
    expect(x).toEqual([...x].sort((a, b) => a - b));
  });

  it('show the epochs of a saved run as they were', () => {
    const record = {
      trainAccuracy: 0.9,
      validation: { loss: 0.2, accuracy: 0.955 },
      learningRate: 1e-3,
      seconds: 4,
    };
    network.restore(
      [
        { ...record, epoch: 1, trainLoss: 0.4 },
        { ...record, epoch: 2, trainLoss: 0.3 },
      ],
      at(200),
    );
    expect(network.curves.value.training).toEqual({ x: [1, 2], loss: [0.4, 0.3], value: [0.9, 0.9] });
    expect(network.milestones.value[0]).toEqual({ seconds: 4, epochs: 1, notYet: undefined });
  });
});

it('has a rate while it trains, and the average of the run afterwards', () => {
  for (let steps = 10; steps <= 100; steps += 10) {
    network.take({ type: 'metrics', at: at(steps, steps / 50), steps: 10, loss: 1, value: 0 });
  }
  expect(network.rate.value).toEqual({ value: expect.closeTo(50, 6), isMean: false });
  network.take({ type: 'waiting', at: at(100) });
  expect(network.waiting.value).toBe(true);
  network.take({ type: 'ended', at: at(100), finished: true });
  expect([network.rate.value, network.waiting.value]).toEqual([{ value: 10, isMean: true }, false]);
});

it('keeps what it showed of its inside until the next inspection, unless that is of other data', () => {
  network.see(seen(0.5), at(0));
  network.begin({ activation: 'relu', dataset: 'mnist' });
  expect(network.inspection.value).toEqual(seen(0.5));
  network.begin({ activation: 'relu', dataset: 'waves' });
  expect(network.inspection.value).toBeUndefined();
});

describe('of a regression', () => {
  beforeEach(() => network.begin({ activation: 'harmonic', dataset: 'waves' }));

  it('the best error is the least, and there are no times to an accuracy', () => {
    network.take({
      type: 'epochs',
      at: at(300),
      epochs: [ended(1, { rmse: 0.97 }), ended(2, { rmse: 0.2 }), ended(3, { rmse: 0.96 })],
    });
    expect([network.best.value, network.value.value]).toEqual([0.2, 0.96]);
    expect(network.milestones.value).toEqual([undefined, undefined, undefined]);
    expect(network.curves.value.test).toEqual({ x: [1, 2, 3], loss: [1, 1, 1], value: [0.97, 0.2, 0.96] });
    expect(network.trainingValue(network.epochs.value[0])).toBe(0.5);
  });

  it('the epochs of a saved run are those of its errors', () => {
    network.restore([ended(1, { rmse: 0.3 }).record], at(100));
    expect(network.curves.value.training.value).toEqual([0.5]);
    expect(network.curves.value.test.value).toEqual([0.3]);
  });
});

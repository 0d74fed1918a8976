import { foldIn, randomKey, randomPermutation } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { parsePeriods } from '../periods';
import { type ProposalData, type ProposalOptions, proposePeriods } from './propose-periods';

const grid = (count: number) => Array.from({ length: count }, (_, i) => (2 * i + 1) / count - 1);
const wave = (omega: number, count = 60) => {
  const inputs = grid(count);
  return { inputs, targets: inputs.map((x) => Math.sin(omega * x)) };
};
const endsOf = (text: string) => {
  const { first, last } = parsePeriods(text).hyperparameters;
  return [first, last];
};
/** Two waves across, so that only both inputs together tell. */
const diagonal = (omega: number) => {
  const inputs = Array.from({ length: 100 }, (_, i) => [(i % 10) / 5 - 1, Math.floor(i / 10) / 5 - 1]);
  return { inputs, targets: inputs.map(([x, y]) => Math.sin(omega * (x + y))) };
};

/** Two targets of two inputs, which have another mean and deviation each. */
const plane = () => {
  const inputs = Array.from({ length: 30 }, (_, i) => [((i * 37) % 50) / 25 - 1, 3 + ((i * 61) % 97) / 97]);
  return { inputs, targets: inputs.map(([x, y]) => [Math.sin(2 * x + 3 * y), 100 * x * y]) };
};

describe('proposePeriods', () => {
  // By a separate program, with numpy, from the formulas.
  it.each<[string, ProposalData, ProposalOptions, string, number, number]>([
    ['too few examples', wave(3, 3), {}, 'harmonic:4.62,4.62', 8, 1.007855],
    ['few examples', wave(3, 5), {}, 'harmonic:2.56,4.07', 4, 0.390906],
    ['five units', wave(9, 40), { units: 5, seed: 3 }, 'harmonic:0.749,3', 1, 3.6869e-5],
    ['two inputs and targets', plane(), { seed: 4 }, 'harmonic:2.56,4.07', 4, 1.711796e-4],
    ['a line', wave(9, 40), {}, 'harmonic:0.39,2.47', 0.5, 1.51654e-5],
  ])('measures what untrained layers explain: %s', async (_, data, options, periods, detail, unexplained) => {
    const proposal = await proposePeriods(data, options);
    expect(proposal).toMatchObject({ periods, detail });
    expect(proposal.unexplained! / unexplained).toBeCloseTo(1, 5);
  });

  it('proposes shorter periods for faster waves', async () => {
    const [slow, fast] = [await proposePeriods(wave(2)), await proposePeriods(wave(20))];
    expect(slow.unexplained).toBeLessThan(1e-6);
    expect(fast.unexplained).toBeLessThan(0.5);
    expect(slow.detail).toBeGreaterThan(fast.detail);
    // A wave of sin 20x is 0.31 long, and the deviation of the inputs is 0.58.
    expect(fast.detail).toBeGreaterThan(0.54 / 4);
    expect(fast.detail).toBeLessThan(0.54 * 2);
  });

  it('gives the first layer frequencies from an eighth of a wave to one for each detail', async () => {
    const { periods } = await proposePeriods(wave(1), { detail: 0.05, units: 32 });
    const { distribution, hyperparameters } = parsePeriods(periods);
    const drawn = distribution.periodsOf(32, hyperparameters, [0, 0]);
    const mean = drawn.reduce((sum, p) => sum + p ** -0.5, 0) / 32;
    const frequencies = [...drawn].map((p) => p ** -1.5 / mean / Math.sqrt(3));
    // In deviations of the inputs, which are spread evenly from −1 to 1.
    expect(1 / frequencies[0]).toBeCloseTo(0.05 * Math.sqrt(3), 2);
    expect(1 / frequencies[31]).toBeCloseTo(8, 0);
  });

  it('does not depend on the scale and place of the inputs and targets', async () => {
    const { inputs, targets } = wave(20);
    const moved = { inputs: inputs.map((x) => 1e4 + 300 * x), targets: targets.map((y) => 7 - 1e-3 * y) };
    const [first, second] = [await proposePeriods({ inputs, targets }), await proposePeriods(moved)];
    expect(second.periods).toBe(first.periods);
    expect(second.mean[0]).toBeCloseTo(1e4, 0);
    expect(second.deviation[0]).toBeCloseTo(300 * first.deviation[0], 0);
    const given = await proposePeriods(moved, { detail: 30 });
    expect(given.detail).toBeCloseTo(30 / second.deviation[0], 6);
    expect(given.unexplained).toBeUndefined();
  });

  it('proposes longer periods for inputs that stay as they are, if these are larger', async () => {
    const { inputs, targets } = wave(20);
    const large = { inputs: inputs.map((x) => [300 * x, 400 * x]), targets };
    const [own, usual] = [await proposePeriods(large, { standardize: false }), await proposePeriods(large)];
    const ratio = endsOf(own.periods)[0] / endsOf(usual.periods)[0];
    // The root mean square of 300 and 400 times 0.577.
    expect(ratio).toBeCloseTo(204, -1);
    expect(own.detail).toBe(usual.detail);
  });

  it('sees details of several inputs together, and of the only target that has any', async () => {
    const slow = await proposePeriods(diagonal(1));
    const fast = await proposePeriods(diagonal(5));
    expect(fast.detail).toBeLessThan(slow.detail);
    const { inputs, targets } = diagonal(5);
    const both = await proposePeriods({ inputs, targets: targets.map((y, i) => [inputs[i][0], y]) });
    expect(both.detail).toBeLessThan(slow.detail);
  });

  it('takes inputs that do not vary, and proposes the longest periods where nothing can be learned', async () => {
    const constant = await proposePeriods({ inputs: grid(50).map((x) => [x, 0.1]), targets: grid(50) });
    expect(constant.deviation[1]).toBe(1);
    expect(constant.mean[1]).toBeCloseTo(0.1, 6);
    const noise = Array.from({ length: 60 }, (_, i) => ((i * 7919) % 311) - 155);
    const nothing = await proposePeriods({ inputs: grid(60), targets: noise });
    expect(nothing.unexplained).toBeGreaterThan(0.8);
    for (const few of [1, 2, 3]) {
      const { periods } = await proposePeriods(wave(3, few));
      expect(endsOf(periods).every((period) => period > 0)).toBe(true);
    }
    const same = await proposePeriods({ inputs: [1, 2, 3], targets: [5, 5, 5] });
    expect(same).toMatchObject({ unexplained: 0, detail: 8 });
  });

  it.each([
    [{ inputs: [1, 2], targets: [1] }, {}, 'INVALID_SHAPE', 'targets'],
    [{ inputs: [], targets: [] }, {}, 'INVALID_SHAPE', 'targets'],
    [{ inputs: [[1], [Number.NaN]], targets: [1, 2] }, {}, 'INVALID_DATA', 'inputs'],
    [{ inputs: [1, 2], targets: [1, Number.POSITIVE_INFINITY] }, {}, 'INVALID_DATA', 'targets'],
    [{ inputs: [1, 2], targets: [1, 2] }, { detail: 0 }, 'INVALID_ARGUMENT', 'detail'],
    [{ inputs: [1, 2], targets: [1, 2] }, { detail: 1e-40 }, 'INVALID_ARGUMENT', 'detail'],
    [{ inputs: [1, 2], targets: [1, 2] }, { standardize: 'no' }, 'INVALID_ARGUMENT', 'standardize'],
    [{ inputs: [1, 2], targets: [1, 2] }, { units: 1.5 }, 'INVALID_ARGUMENT', 'units'],
    [{ inputs: [1, 2], targets: [1, 2] }, { details: 1 }, 'INVALID_ARGUMENT', 'details'],
    [{ inputs: [1, 2], labels: [1, 2] }, {}, 'INVALID_ARGUMENT', 'labels'],
    [{ inputs: [1, 2], targets: [1, 2] }, 5, 'INVALID_ARGUMENT', 'options'],
    [5, {}, 'INVALID_ARGUMENT', 'data'],
  ])('refuses %o with %o', async (data, options, code, argument) => {
    await expect(proposePeriods(data as never, options as never)).rejects.toMatchObject({ code, argument });
  });

  it('says which value is not finite', async () => {
    const [good, bad] = [grid(3), [0, Number.NaN, 0]];
    await expect(proposePeriods({ inputs: bad, targets: good })).rejects.toThrow('the feature of example 1');
    await expect(proposePeriods({ inputs: good, targets: bad })).rejects.toThrow('the target of example 1');
  });

  it('measures on 1,024 examples of more, drawn by the seed', async () => {
    const order = randomPermutation(foldIn(randomKey(3), 'examples'), 1100);
    const targets = new Float32Array(1100);
    for (const row of order.subarray(1024)) targets[row] = 1;
    // Of the others, all are the same.
    expect((await proposePeriods({ inputs: grid(1100), targets }, { seed: 3 })).unexplained).toBe(0);
  });
});

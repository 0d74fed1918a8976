import { randomKey, randomUniform } from '@harmonic-mlp/core';
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, tensor1d, tensor2d, zeros } from '@tensorflow/tfjs-core';
import { activations, HarmonicMLP, type HarmonicMLPOptions } from 'harmonic-mlp';
import { beforeAll, describe, expect, it } from 'vitest';
import { testResult } from './confusion';
import { kernelImages } from './kernel-images';
import { layerInside, layersInside } from './layer-inside';

it('counts what is taken for what, and the mean cross-entropy', () => {
  const logits = Float32Array.of(2, 0, 0, /**/ 0, 1, 0, /**/ 0, 3, 0);
  const { loss, value, confusion } = testResult(logits, Uint8Array.of(0, 1, 2), { classes: 3 });
  expect([...confusion]).toEqual([1, 0, 0, 0, 1, 0, 0, 1, 0]);
  expect(value).toBe(2 / 3);
  const entropy = (right: number, ...all: number[]) =>
    Math.log(all.map(Math.exp).reduce((a, b) => a + b)) - right;
  expect(loss).toBeCloseTo((entropy(2, 2, 0, 0) + entropy(1, 0, 1, 0) + entropy(0, 0, 3, 0)) / 3, 12);
});

it('has the loss of smoothed labels where training has it', () => {
  const logits = [2, 0, -1];
  const sum = logits.map(Math.exp).reduce((a, b) => a + b);
  // 0.3 shared by three classes, the first of which is right.
  const expected = -[0.8, 0.1, 0.1].reduce(
    (total, part, c) => total + part * Math.log(Math.exp(logits[c]) / sum),
    0,
  );
  const options = { classes: 3, labelSmoothing: 0.3 };
  expect(testResult(Float32Array.from(logits), Uint8Array.of(0), options).loss).toBeCloseTo(expected, 6);
});

it('shows kernels by period, each as strong as its largest weight', () => {
  // Two inputs, three units.
  const kernel = Float32Array.of(1, -4, 0, /**/ 0.5, 2, 0);
  const { units, weights } = kernelImages(kernel, 3, Float32Array.of(3, 1, 3));
  expect(units).toEqual([
    { unit: 1, period: 1 },
    { unit: 0, period: 3 },
    { unit: 2, period: 3 },
  ]);
  expect([...weights]).toEqual([-127, 64, 127, 64, 0, 0]);
});

it('shows at most 1,024 kernels, from all along the order', () => {
  const { units, total, weights } = kernelImages(new Float32Array(2 * 3000).fill(1), 3000, undefined);
  expect([units.length, total, weights.length]).toEqual([1024, 3000, 2048]);
  expect([units[0].unit, units.at(-1)?.unit]).toEqual([0, 2999]);
  expect(new Set(units.map(({ unit }) => unit)).size).toBe(1024);
});

it('gives the distribution of pre-activations and the activation separately for each period', () => {
  const units = 4;
  const examples = 5000;
  const periods = Float32Array.of(2, 1, 2, 2);
  // Uniform from −1 to 1, and from 0 to 1 for the unit with period 1.
  const z = randomUniform(randomKey(1), units * examples).map((u, i) => (i % units === 1 ? u : 2 * u - 1));
  const activate = (values: Float32Array) => values.map((value, i) => value / periods[i % units]);
  const { limit, groups } = layerInside(z, units, periods, activate);
  expect(limit).toBeGreaterThan(0.97);
  expect(limit).toBeLessThanOrEqual(1);
  expect(groups.map(({ periods, units }) => [periods, units])).toEqual([
    [[1, 1], 1],
    [[2, 2], 3],
  ]);
  for (const { density } of groups) {
    const total = density.reduce((sum, share) => sum + share, 0);
    expect(total).toBeGreaterThan(0.97);
    expect(total).toBeLessThanOrEqual(1 + 1e-6);
  }
  for (const { periods, curves } of groups) {
    expect(curves).toHaveLength(1);
    expect(curves[0]).toHaveLength(221);
    for (const point of [0, 110, 220])
      expect(curves[0][point]).toBeCloseTo(((point / 110 - 1) * limit) / periods![0], 6);
  }
  const [half, whole] = groups.map(({ density }) => density);
  expect(half.subarray(0, 32).every((share) => share === 0)).toBe(true);
  for (const share of whole) expect(share).toBeCloseTo(1 / 64, 2);
  expect(Math.max(...half)).toBeGreaterThan(1.5 * Math.max(...whole));
});

it('shows units of neighboring periods together where there are many, and those without one by themselves', () => {
  const units = 66;
  const periods = Float32Array.from({ length: units }, (_, i) => (i < 64 ? 2 ** (i / 8) : 0));
  const z = new Float32Array(3 * units).map((_, i) => Math.sin(i));
  const { groups } = layerInside(z, units, periods, (values) => values);
  expect(groups.map(({ units }) => units)).toEqual([2, 8, 8, 8, 8, 8, 8, 8, 8]);
  expect(groups[0].periods).toBeUndefined();
  expect(groups.slice(1).map(({ periods }) => periods)).toEqual(
    Array.from({ length: 8 }, (_, group) => [group, group + 7 / 8].map((octave) => Math.fround(2 ** octave))),
  );
});

it('shows the curve of the unit in the middle, and up to four others that look different', () => {
  const units = 40;
  const slopes = (values: Float32Array) => values.map((value, i) => value * (1 + (i % units)));
  const { groups } = layerInside(new Float32Array(units).fill(1), units, undefined, slopes);
  expect(groups.map(({ units }) => units)).toEqual([40]);
  expect(groups[0].curves.map((curve) => curve[220])).toEqual([21, 1, 14, 27, 40]);
});

it('shows waves that are narrower than the points of a curve as high as they are', () => {
  const { groups } = layerInside(Float32Array.of(1), 1, undefined, (z) =>
    z.map((each) => Math.sin(2000 * each)),
  );
  const [curve] = groups[0].curves;
  expect(curve).toHaveLength(441);
  for (let i = 0; i < 440; i += 2) expect(Math.abs(curve[i] - curve[i + 1])).toBeGreaterThan(1.5);
});

it('shows the pre-activations of a spoiled network', () => {
  const { limit, groups } = layerInside(new Float32Array(8).fill(Number.NaN), 2, undefined, (z) => z);
  expect(limit).toBe(1);
  expect(groups).toHaveLength(1);
  expect(groups[0].density.every((share) => share === 0)).toBe(true);
});

describe('draws each hidden layer’s activation', () => {
  beforeAll(() => setBackend('cpu'));

  /** The layers of a network, after a change to their weights. */
  function inside(options: HarmonicMLPOptions, change: (model: HarmonicMLP) => void = () => {}) {
    const model = new HarmonicMLP({
      inputSize: 4,
      classes: 2,
      hidden: [8, 8],
      norm: 'none',
      seed: 1,
      ...options,
    });
    const inputs = tensor2d(randomUniform(randomKey(1), 40), [10, 4]);
    try {
      change(model);
      return layersInside(model, inputs);
    } finally {
      model.dispose();
      inputs.dispose();
    }
  }

  type Formula = (z: number) => number;
  const gelu: Formula = (z) => z * (0.5 + 0.5 * erf(z / Math.SQRT2));
  const relu: Formula = (z) => Math.max(0, z);
  const wave =
    (period: number, residual = 0): Formula =>
    (z) =>
      Math.sin((2 * Math.PI * z) / period) + residual * z;

  /** Expects a curve to be that of a formula, at a place that it was computed for. */
  function expectCurve(curve: Float32Array, limit: number, formula: Formula) {
    const intervals = 220;
    const perInterval = (curve.length - 1) / intervals;
    for (const interval of [0, 37, 110, 160, 219]) {
      const shown = curve[interval * perInterval];
      const at = (i: number) => formula(limit * ((2 * (interval + i / 8)) / intervals - 1));
      // A curve that is not smooth has the extremes of eight places.
      const places = Array.from({ length: perInterval === 1 ? 1 : 8 }, (_, i) => at(i));
      expect(Math.min(...places.map((place) => Math.abs(place - shown)))).toBeLessThan(1e-3);
    }
  }

  it.each<[string, HarmonicMLPOptions, [periods: [number, number] | undefined, units: number, Formula][]]>([
    ['relu', {}, [[undefined, 8, relu]]],
    ['silu', {}, [[undefined, 8, (z) => z / (1 + Math.exp(-z))]]],
    [
      'wire',
      { omega: 20, scale: 10 },
      [[undefined, 8, (z) => Math.cos(20 * z) * Math.exp(-((10 * z) ** 2))]],
    ],
    ['finer', { omega: 30 }, [[undefined, 8, (z) => Math.sin(30 * (Math.abs(z) + 1) * z)]]],
    [
      'harmonic',
      { periods: 'list:1,2' },
      [
        [[1, 1], 4, wave(1, 0.1)],
        [[2, 2], 4, wave(2, 0.1)],
      ],
    ],
    [
      'harmonic-phase',
      { periods: 'constant:3', phase: 1 },
      [[[3, 3], 8, (z) => Math.sin((2 * Math.PI * z) / 3 + 1)]],
    ],
    [
      'harmonic-relu',
      { share: 0.25, periods: 'constant:2' },
      [
        [undefined, 6, relu],
        [[2, 2], 2, wave(2)],
      ],
    ],
    [
      'harmonic-gelu',
      { share: 0.75, periods: 'constant:2' },
      [
        [undefined, 2, gelu],
        [[2, 2], 6, wave(2)],
      ],
    ],
    // Cosines and sines share their pre-activations.
    [
      'fan',
      { share: 0.25 },
      [
        [undefined, 2, Math.cos],
        [undefined, 2, Math.sin],
        [undefined, 4, gelu],
      ],
    ],
  ])('%s', (activation, options, expected) => {
    for (const { limit, groups } of inside({ activation, ...options })) {
      expect(groups.map(({ periods, units }) => [periods, units])).toEqual(
        expected.map(([periods, units]) => [periods, units]),
      );
      for (const [i, [, , formula]] of expected.entries()) {
        expect(groups[i].curves).toHaveLength(1);
        expectCurve(groups[i].curves[0], limit, formula);
        const total = groups[i].density.reduce((sum, share) => sum + share, 0);
        expect(total).toBeGreaterThan(0.9);
        expect(total).toBeLessThan(1 + 1e-5);
      }
    }
  });

  it.each(activations)('%s, for all of its units, without a leak', (activation) => {
    const before = memory().numTensors;
    for (const { limit, groups } of inside({ activation })) {
      expect(limit).toBeGreaterThan(0);
      expect(groups.reduce((total, { units }) => total + units, 0)).toBe(8);
      for (const { curves } of groups)
        expect(curves.flatMap((curve) => [...curve])).not.toContain(Number.NaN);
    }
    expect(memory().numTensors).toBe(before);
  });

  it('of FAN over the pre-activations of the units that have it', () => {
    const [{ limit, groups }] = inside({ activation: 'fan', hidden: [8] }, ({ hidden: [{ layer }] }) => {
      // The first two columns are far from 0, the others near it.
      layer.kernel.assign(zeros([4, 6]));
      layer.bias.assign(tensor1d([1.95, 1.95, 0.1, 0.1, 0.1, 0.1]));
    });
    const centers = groups.map(({ density }) => (2 * density.indexOf(Math.max(...density)) + 1) / 64 - 1);
    expect(centers.map((center) => Math.abs(center * limit - 1.95) < 0.1)).toEqual([true, true, false]);
  });

  it('with the vectors that a layer has learned', () => {
    const [{ limit, groups }] = inside({ activation: 'snake' }, ({ hidden: [{ layer }] }) => {
      layer.weights.frequencies.assign(tensor1d([1, 2, 2, 2, 2, 2, 2, 3]));
    });
    const snake =
      (a: number): Formula =>
      (z) =>
        z + Math.sin(a * z) ** 2 / a;
    expect(groups.map(({ units }) => units)).toEqual([1, 6, 1]);
    for (const [i, a] of [1, 2, 3].entries()) expectCurve(groups[i].curves[0], limit, snake(a));
  });

  it('with the terms that a layer has learned', () => {
    const [{ limit, groups }] = inside({ activation: 'staf', terms: 2 }, ({ hidden: [{ layer }] }) => {
      layer.weights.frequencies.assign(tensor1d([1, 3]));
      layer.weights.phases.assign(tensor1d([0, 0.5]));
      layer.weights.amplitudes.assign(tensor1d([1, 0.2]));
    });
    expect(groups).toHaveLength(1);
    expectCurve(groups[0].curves[0], limit, (z) => Math.sin(z) + 0.2 * Math.sin(3 * z + 0.5));
  });

  it('with the periods that a layer has learned', () => {
    const options = { activation: 'harmonic', periods: 'learnable:8', residual: 0 };
    const [{ limit, groups }] = inside(options, ({ hidden: [{ layer }] }) => {
      layer.weights.log_periods.assign(tensor1d([2, 2, 2, 2, 4, 4, 4, 4].map(Math.log)));
    });
    expect(
      groups.map(({ periods, units }) => [periods!.map((period) => Number(period.toFixed(4))), units]),
    ).toEqual([
      [[2, 2], 4],
      [[4, 4], 4],
    ]);
    for (const [i, period] of [2, 4].entries()) expectCurve(groups[i].curves[0], limit, wave(period));
  });

  it.each<HarmonicMLPOptions>([
    { norm: 'none' },
    { norm: 'none', skipConnections: true },
    { norm: 'after', skipConnections: true },
    { norm: 'before' },
    { norm: 'before', normKind: 'layer' },
    { standardizeInputs: true, fourierFeatures: 'positional:2' },
  ])('over what the network itself gives each layer: %j', (options) => {
    /** The inputs of each layer, when the network computes and then when it is looked into. */
    const inputs: number[][] = [];
    const sizes: number[] = [];
    const layers = inside({ activation: 'relu', hidden: [4, 4], ...options }, (model) => {
      // Those of an untrained network change nothing.
      for (const [path, variable] of Object.entries(model.variables))
        if (/^inputs|norm/.test(path) && variable.size === 4) variable.assign(tensor1d([0.5, 2, 1, 3]));
      for (const { layer, norm } of model.hidden) {
        const preActivations = layer.preActivations.bind(layer);
        layer.preActivations = (x) => {
          inputs.push([...x.dataSync()]);
          const z = preActivations(x);
          const seen = model.config.norm === 'before' ? norm!.apply(z) : z;
          sizes.push(nearlyLargest(seen.dataSync()));
          return z;
        };
      }
      model.logits(tensor2d(randomUniform(randomKey(1), 40), [10, 4]));
    });
    expect(inputs).toHaveLength(4);
    expect(inputs.slice(2)).toEqual(inputs.slice(0, 2));
    for (const [i, { limit }] of layers.entries()) {
      expect(limit / sizes[i]).toBeGreaterThanOrEqual(1 - 1e-6);
      expect(limit / sizes[i]).toBeLessThan(1.1);
    }
  });
});

/** The magnitude that 99% of some values do not exceed. */
function nearlyLargest(values: ArrayLike<number>): number {
  const sizes = Array.from(values, Math.abs).sort((a, b) => a - b);
  return sizes[Math.floor(0.99 * (sizes.length - 1))];
}

/** The error function, by its series. */
function erf(x: number): number {
  let [sum, term] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

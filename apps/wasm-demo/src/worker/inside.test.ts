import { randomKey, randomUniform } from '@harmonic-mlp/core';
import '@tensorflow/tfjs-backend-cpu';
import { ones, type Rank, setBackend } from '@tensorflow/tfjs-core';
import { HarmonicMLP } from 'harmonic-mlp';
import { expect, it } from 'vitest';
import { testResult } from './confusion';
import { kernelImages } from './kernel-images';
import { layerInside, layersInside } from './layer-inside';

it('counts what is taken for what, and the mean cross-entropy', () => {
  const logits = Float32Array.of(2, 0, 0, /**/ 0, 1, 0, /**/ 0, 3, 0);
  const { loss, accuracy, confusion } = testResult(logits, Uint8Array.of(0, 1, 2), 3);
  expect([...confusion]).toEqual([1, 0, 0, 0, 1, 0, 0, 1, 0]);
  expect(accuracy).toBe(2 / 3);
  const entropy = (right: number, ...all: number[]) =>
    Math.log(all.map(Math.exp).reduce((a, b) => a + b)) - right;
  expect(loss).toBeCloseTo((entropy(2, 2, 0, 0) + entropy(1, 0, 1, 0) + entropy(0, 0, 3, 0)) / 3, 12);
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
  expect(groups.map(({ period, units }) => [period, units])).toEqual([
    [1, 1],
    [2, 3],
  ]);
  for (const { density } of groups) {
    const total = density.reduce((sum, share) => sum + share, 0);
    expect(total).toBeGreaterThan(0.97);
    expect(total).toBeLessThanOrEqual(1 + 1e-6);
  }
  for (const { period, curve } of groups) {
    expect(curve).toHaveLength(221);
    for (const point of [0, 110, 220])
      expect(curve[point]).toBeCloseTo(((point / 110 - 1) * limit) / period!, 6);
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
  expect(groups[0].period).toBeUndefined();
  expect(groups.slice(1).map(({ period }) => period)).toEqual(
    Array.from({ length: 8 }, (_, group) => Math.fround(2 ** ((8 * group + 4) / 8))),
  );
});

it('shows the pre-activations of a spoiled network', () => {
  const { limit, groups } = layerInside(new Float32Array(8).fill(Number.NaN), 2, undefined, (z) => z);
  expect(limit).toBe(1);
  expect(groups).toHaveLength(1);
  expect(groups[0].density.every((share) => share === 0)).toBe(true);
});

it.each<[string, (z: number, period: number) => number]>([
  ['relu', (z) => Math.max(0, z)],
  ['harmonic', (z, period) => Math.sin((2 * Math.PI * z) / period) + 0.1 * z],
])('draws the activation of each hidden layer: %s', async (activation, formula) => {
  await setBackend('cpu');
  const model = new HarmonicMLP({ inputSize: 4, classes: 2, hidden: [3, 5], activation, seed: 1 });
  const images = ones<Rank.R2>([2, 4]);
  const layers = layersInside(model, images);
  expect(layers.map(({ groups }) => groups.length)).toEqual(activation === 'relu' ? [1, 1] : [3, 3]);
  for (const { limit, groups } of layers) {
    for (const { period, curve } of groups) {
      for (const point of [0, 60, 150, 220]) {
        expect(curve[point]).toBeCloseTo(formula((point / 110 - 1) * limit, period!), 4);
      }
    }
  }
  model.dispose();
  images.dispose();
});

import { createHash } from 'node:crypto';
import { unregisterWasmKernels } from '@harmonic-mlp/wasm-kernels';
import { dispose, type Optimizer, train } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { backends, useBackend } from '../../../test/support/backends';
import { type FixtureTensor, readFixture } from '../../../test/support/fixtures';
import {
  Adam,
  type AdamOptions,
  type FreqScale,
  FrequencyAwareOptimizer,
  type HarmonicUnits,
  makeOptimizer,
  type OptimizerName,
  type OptimizerSettings,
} from '../src';
import { disposeRate } from './stock-optimizers';
import { applyByPath, type ByPath, valuesOf, variablesOf } from './variables';

const { periods, parameters, gradients } = readFixture<{
  periods: FixtureTensor;
  parameters: ByPath<FixtureTensor>;
  gradients: ByPath<FixtureTensor>[];
}>('frequency-optimizer');

type Make = (units: HarmonicUnits[]) => Optimizer;
const wrapped =
  (base: () => Optimizer, freqScale: FreqScale): Make =>
  (units) =>
    new FrequencyAwareOptimizer(base(), units, { freqScale });
const named =
  (name: OptimizerName, settings: OptimizerSettings): Make =>
  (units) =>
    makeOptimizer(name, settings, units);
const decoupled = { weightDecay: 0.1, weightDecayMode: 'decoupled' } as const;

// A resumed run must give the same bits, so a step must round as it did when the run was saved.
const adamRuns: [name: string, freqScale: FreqScale, options: AdamOptions, hash: string][] = [
  ['Adam without decay', 'gradient', {}, '5de32bd2a43d6989'],
  ['Adam without decay', 'update', {}, 'c23bcce5199e0e44'],
  ['Adam, coupled decay', 'gradient', { weightDecay: 0.1 }, '989c86e4b602ae8d'],
  ['Adam, coupled decay', 'update', { weightDecay: 0.1 }, '88f3ab552aada241'],
  ['Adam, decoupled decay', 'gradient', decoupled, '82805f397ce5fdf9'],
  ['Adam, decoupled decay', 'update', decoupled, '92a251413ec0bd7c'],
];
const runs: [name: string, make: Make, hash: string][] = [
  ...adamRuns.flatMap(([name, freqScale, { weightDecayMode, ...settings }, hash]): typeof runs => [
    [
      `${name}, scaled by ${freqScale}`,
      wrapped(() => new Adam({ ...settings, weightDecayMode }), freqScale),
      hash,
    ],
    [
      `${name}, scaled by ${freqScale}, made by its name`,
      named(weightDecayMode === 'decoupled' ? 'adamw' : 'adam', { ...settings, freqScale }),
      hash,
    ],
  ]),
  ['SGD, scaled by gradient', wrapped(() => train.sgd(0.1), 'gradient'), '1007f9ae936d34ae'],
  ['momentum, scaled by update', wrapped(() => train.momentum(0.1, 0.9), 'update'), 'a19726d6caa036a0'],
];

// Relaxed SIMD may fuse multiplications with additions, and graphics cards round divisions in their own way.
const only = inject('onlyBackend');
const rows = backends.filter(
  ({ name, backend, kernels }) =>
    /^(cpu|wasm)$/.test(backend) && kernels !== 'relaxed' && (only === undefined || name === only),
);

describe.each(rows)('on $name, a short run rounds as it always did:', (row) => {
  beforeAll(() => useBackend(row));
  afterAll(() => {
    if (row.kernels !== undefined) unregisterWasmKernels();
  });

  it.each(runs)('%s', async (_, make, hash) => {
    const variables = variablesOf(parameters);
    const { 'hidden.0/kernel': kernel, 'hidden.0/bias': bias } = variables;
    const optimizer = make([{ kernel, bias, periods: periods.data }]);
    for (const step of [...gradients, ...gradients]) applyByPath(optimizer, variables, step);
    const values = Object.values(await valuesOf(variables)).flatMap(({ data }) => data);
    const bits = createHash('sha256').update(new Float32Array(values)).digest('hex');
    expect(bits.slice(0, 16)).toBe(hash);
    optimizer.dispose();
    if ('base' in optimizer) disposeRate(optimizer.base as Optimizer);
    dispose(variables);
  });
});

import { createHash } from 'node:crypto';
import { unregisterWasmKernels } from '@harmonic-mlp/wasm-kernels';
import { dispose, type Optimizer, train } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends, useBackend } from '../../../test/support/backends';
import { type FixtureTensor, readFixture } from '../../../test/support/fixtures';
import { Adam, FrequencyAwareOptimizer } from '../src';
import { disposeRate } from './stock-optimizers';
import { applyByPath, type ByPath, valuesOf, variablesOf } from './variables';

const { periods, parameters, gradients } = readFixture<{
  periods: FixtureTensor;
  parameters: ByPath<FixtureTensor>;
  gradients: ByPath<FixtureTensor>[];
}>('frequency-optimizer');

// Runs are resumed to the bit, so a step may not round otherwise than it did when a run was saved.
const runs: [name: string, freqScale: 'gradient' | 'update', base: () => Optimizer, hash: string][] = [
  ['Adam without decay, by gradients', 'gradient', () => new Adam(), '5de32bd2a43d6989'],
  ['Adam without decay, by updates', 'update', () => new Adam(), 'c23bcce5199e0e44'],
  ['Adam, coupled decay, by gradients', 'gradient', () => new Adam({ weightDecay: 0.1 }), '989c86e4b602ae8d'],
  ['Adam, coupled decay, by updates', 'update', () => new Adam({ weightDecay: 0.1 }), '88f3ab552aada241'],
  [
    'Adam, decoupled decay, by gradients',
    'gradient',
    () => new Adam({ weightDecay: 0.1, weightDecayMode: 'decoupled' }),
    '82805f397ce5fdf9',
  ],
  [
    'Adam, decoupled decay, by updates',
    'update',
    () => new Adam({ weightDecay: 0.1, weightDecayMode: 'decoupled' }),
    '92a251413ec0bd7c',
  ],
  ['SGD, by gradients', 'gradient', () => train.sgd(0.1), '1007f9ae936d34ae'],
  ['momentum, by updates', 'update', () => train.momentum(0.1, 0.9), 'a19726d6caa036a0'],
];

// Relaxed SIMD fuses as the machine pleases, and graphics cards divide as they do.
const rows = backends.filter(({ backend, kernels }) => /^(cpu|wasm)$/.test(backend) && kernels !== 'relaxed');

describe.each(rows)('on $name, a short run rounds as it always did:', (row) => {
  beforeAll(() => useBackend(row));
  afterAll(() => {
    if (row.kernels !== undefined) unregisterWasmKernels();
  });

  it.each(runs)('%s', async (_, freqScale, base, hash) => {
    const variables = variablesOf(parameters);
    const { 'hidden.0/kernel': kernel, 'hidden.0/bias': bias } = variables;
    const units = [{ kernel, bias, periods: periods.data }];
    const optimizer = new FrequencyAwareOptimizer(base(), units, { freqScale });
    for (const step of [...gradients, ...gradients]) applyByPath(optimizer, variables, step);
    const values = Object.values(await valuesOf(variables)).flatMap(({ data }) => data);
    const bits = createHash('sha256').update(new Float32Array(values)).digest('hex');
    expect(bits.slice(0, 16)).toBe(hash);
    optimizer.dispose();
    disposeRate(optimizer.base);
    dispose(variables);
  });
});

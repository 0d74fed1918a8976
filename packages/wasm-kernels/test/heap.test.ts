import '@tensorflow/tfjs-backend-wasm';
import * as core from '@harmonic-mlp/core';
import { findBackend, memory, ready, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, type MockInstance, vi } from 'vitest';
import { operationSuite } from '../../core/test/operation-suite';
import { registerWasmKernels, unregisterWasmKernels } from '../src/index';
import { supports } from '../src/kernel-module';
import type { WasmBackend } from '../src/wasm-backend';
import { guardHeap } from './support/guarded-heap';
import { watchInputs } from './support/watched-inputs';

/** The operations of core, and their gradients. */
const operations = Object.values(core)
  .filter((each): each is typeof core.dense => typeof each === 'function' && 'kernelName' in each)
  .flatMap((each) => ('gradientOperation' in each ? [each, each.gradientOperation as typeof each] : [each]));

const levels = (['fixed', 'relaxed'] as const).filter(supports);

describe.each(levels)('with %s SIMD', (simd) => {
  let heap: ReturnType<typeof guardHeap>;
  let inputs: ReturnType<typeof watchInputs>;
  let active: string[];
  let numTensors: number;
  let composed: MockInstance[];

  beforeAll(async () => {
    await setBackend('wasm');
    await ready();
    numTensors = memory().numTensors;
    heap = guardHeap(findBackend('wasm') as unknown as WasmBackend);
    ({ active } = await registerWasmKernels({ simd }));
    inputs = watchInputs(active);
    composed = operations.map(({ definition }) => vi.spyOn(definition, 'compose'));
  });
  afterAll(() => {
    vi.restoreAllMocks();
    inputs.release();
    unregisterWasmKernels();
    heap.release();
  });

  describe('the operations', () => operationSuite());

  it('have called every kernel of theirs, and no composed form', () => {
    expect(operations.length).toBeGreaterThan(50);
    expect(operations.filter(({ kernelName }) => !inputs.calls.has(kernelName))).toEqual([]);
    operations.forEach(({ kernelName }, i) => void expect(composed[i], kernelName).not.toHaveBeenCalled());
  });

  it('have written nothing but their outputs', () => {
    expect(inputs.changed).toEqual([]);
    unregisterWasmKernels(); // Frees the scratch memory, whose guards are looked at, too.
    heap.release();
    expect(heap.checked()).toBeGreaterThan(1000);
    expect(heap.damage).toEqual([]);
    expect(memory().numTensors).toBe(numTensors);
  });
});

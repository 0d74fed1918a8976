import '@tensorflow/tfjs-backend-wasm';
import { findBackend, memory, ready, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operationSuite } from '../../core/test/operation-suite';
import { registerWasmKernels, unregisterWasmKernels } from '../src/index';
import { supports } from '../src/kernel-module';
import type { WasmBackend } from '../src/wasm-backend';
import { guardHeap } from './support/guarded-heap';
import { watchInputs } from './support/watched-inputs';

const levels = (['fixed', 'relaxed'] as const).filter(supports);

describe.each(levels)('with %s SIMD', (simd) => {
  let heap: ReturnType<typeof guardHeap>;
  let inputs: ReturnType<typeof watchInputs>;
  let active: string[];
  let numTensors: number;

  beforeAll(async () => {
    await setBackend('wasm');
    await ready();
    numTensors = memory().numTensors;
    heap = guardHeap(findBackend('wasm') as unknown as WasmBackend);
    ({ active } = await registerWasmKernels({ simd }));
    inputs = watchInputs(active);
  });
  afterAll(() => {
    inputs.release();
    unregisterWasmKernels();
    heap.release();
  });

  describe('the operations', () => operationSuite());

  it('have called every kernel of theirs', () => {
    const operations = active.filter((name) => name.startsWith('HarmonicMLP.'));
    expect(operations.filter((name) => !inputs.calls.has(name))).toEqual([]);
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

import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { registerWasmKernels, type SimdLevel, unregisterWasmKernels } from '@harmonic-mlp/wasm-kernels';
import { enableProdMode, memory, ready, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { supports } from '../../packages/wasm-kernels/src/kernel-module';

// Keeps the cpu backend from advertising another package in the middle of the results.
enableProdMode();

interface Row {
  name: string;
  /** What tfjs calls the backend. */
  backend: 'cpu' | 'wasm';
  /** Which build of the package of kernels is registered meanwhile; none by default. */
  kernels?: SimdLevel;
}

/** The backends on which every suite runs. A kernel package or a GPU backend is one more row. */
export const backends: readonly Row[] = [
  { name: 'cpu', backend: 'cpu' },
  { name: 'wasm', backend: 'wasm' },
  { name: 'wasm with kernels', backend: 'wasm', kernels: 'fixed' },
  { name: 'wasm with kernels, relaxed SIMD', backend: 'wasm', kernels: 'relaxed' },
];

/**
 * Runs a suite once on each backend, and checks that it leaves no tensor behind. A row whose instructions the engine
 * lacks is skipped.
 */
export function describeOnEachBackend(name: string, suite: (backend: Row['backend']) => void): void {
  for (const row of backends) {
    const missing = row.kernels !== undefined && !supports(row.kernels);
    const title = `${name} on ${row.name}`;
    describe.skipIf(missing)(missing ? `${title} (which this engine lacks)` : title, () => {
      let tensorsBefore = 0;
      beforeAll(async () => {
        await useBackend(row);
        tensorsBefore = memory().numTensors;
      });
      afterAll(() => {
        if (row.kernels !== undefined) unregisterWasmKernels();
        expect(memory().numTensors, 'tensors left behind by the suite').toBe(tensorsBefore);
      });
      suite(row.backend);
    });
  }
}

/** Makes a row's backend the active one; the caller unregisters the kernels. */
export async function useBackend({ backend, kernels }: Omit<Row, 'name'>): Promise<void> {
  await setBackend(backend);
  await ready();
  if (kernels === undefined) return;
  const report = await registerWasmKernels({ simd: kernels });
  expect(report, 'the registration of the kernels').toMatchObject({ simd: kernels, inactive: [] });
  expect(report.active, 'the active kernels').toContain('HarmonicMLP.Harmonic');
}

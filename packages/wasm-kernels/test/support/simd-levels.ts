import { ready, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerWasmKernels, unregisterWasmKernels } from '../../src/index';
import { type SimdLevel, supports } from '../../src/kernel-module';

/** Runs a suite on the wasm backend with each build of the kernels that this engine supports. */
export function describeWithKernels(name: string, suite: (simd: SimdLevel) => void): void {
  for (const simd of ['fixed', 'relaxed'] as const) {
    if (!supports(simd)) {
      it.skip(`${name}, with ${simd} SIMD: Node ${process.version} has none`);
      continue;
    }
    describe(`${name}, with ${simd} SIMD`, () => {
      beforeAll(async () => {
        await setBackend('wasm');
        await ready();
        expect((await registerWasmKernels({ simd })).simd).toBe(simd);
      });
      afterAll(unregisterWasmKernels);
      suite(simd);
    });
  }
}

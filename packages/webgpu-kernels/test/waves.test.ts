import '@tensorflow/tfjs-backend-cpu';
import { cosine, sine } from '@harmonic-mlp/core';
import { dispose, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../../test/support/backends';
import { missingWebgpu } from '../../../test/support/webgpu-in-node';
import { unregisterWebgpuKernels } from '../src';

const missing = await missingWebgpu();

describe.skipIf(missing !== undefined)('Sines and cosines on webgpu', () => {
  beforeAll(() => useBackend({ backend: 'webgpu', kernels: 'wgsl' }));
  afterAll(() => unregisterWebgpuKernels());

  /** The largest error of 20,001 angles up to a magnitude, against float64. */
  async function errorOf(of: (z: Tensor2D) => Tensor2D, exact: (x: number) => number, most: number) {
    const angles = Float32Array.from({ length: 20_001 }, (_, i) => (most * (i - 10_000)) / 10_000);
    const z = tensor2d(angles, [1, angles.length]);
    const y = of(z);
    const values = await y.data();
    dispose([z, y]);
    return angles.reduce((worst, angle, i) => Math.max(worst, Math.abs(values[i] - exact(angle))), 0);
  }

  // Half a unit in the last place of 1 is 6e-8; WGSL's own may be off by 4.9e-4.
  it.each([3, 100, 3000])('are right to 1.5e-7 up to ±%i', async (most) => {
    expect(await errorOf((z) => sine({ z }, { omega: 1 }), Math.sin, most)).toBeLessThan(1.5e-7);
    expect(await errorOf((z) => cosine({ z }, { omega: 1 }), Math.cos, most)).toBeLessThan(1.5e-7);
  });

  it('are NaN at infinity and NaN', async () => {
    const z = tensor2d([[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]]);
    const [y, x] = [sine({ z }, { omega: 1 }), cosine({ z }, { omega: 1 })];
    expect([...(await y.data()), ...(await x.data())].every(Number.isNaN)).toBe(true);
    dispose([z, x, y]);
  });
});

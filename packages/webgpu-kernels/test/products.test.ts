import '@tensorflow/tfjs-backend-cpu';
import { dense, denseInputGradient, denseKernelGradient } from '@harmonic-mlp/core';
import { dispose, type Tensor1D, type Tensor2D, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { useBackend } from '../../../test/support/backends';
import { missingWebgpu } from '../../../test/support/webgpu-in-node';
import { uniform } from '../../core/test/check';
import { family, trained } from '../../harmonic-mlp/test/capture-cases';
import { registerWebgpuKernels, unregisterWebgpuKernels } from '../src';

const missing = await missingWebgpu();

/** Around the sizes of tiles, and multiples of four or not. */
const sizes: [rows: number, depth: number, columns: number][] = [
  ...([
    [1, 1, 1],
    [2, 3, 5],
    [4, 4, 4],
    [7, 16, 8],
    [16, 17, 10],
    [31, 5, 33],
  ] as const),
  ...([
    [32, 64, 32],
    [63, 15, 65],
    [64, 16, 64],
    [66, 40, 130],
    [128, 48, 10],
  ] as const),
].map(([rows, depth, columns]) => [rows, depth, columns]);

describe.skipIf(missing !== undefined).each(['workgroup', 'registers'] as const)(
  'Products in %s',
  (tiles) => {
    beforeAll(async () => {
      await useBackend({ backend: 'webgpu', kernels: 'wgsl' });
      await registerWebgpuKernels({ tiles });
    });
    afterAll(() => unregisterWebgpuKernels());

    it.each(sizes)('are those of matrices, of %i × %i and %i columns', async (rows, depth, columns) => {
      const [x, kernel, dy] = [
        [rows, depth],
        [depth, columns],
        [rows, columns],
      ].map((shape, i) => uniform(i, shape).data);
      const bias = uniform(3, [columns]).data;
      /** In float64. */
      const product = (
        shape: [number, number],
        depth: number,
        term: (i: number, j: number, k: number) => number,
      ) => ({
        shape,
        data: Array.from({ length: shape[0] * shape[1] }, (_, at) => {
          const [i, j] = [Math.floor(at / shape[1]), at % shape[1]];
          return Array.from({ length: depth }, (_, k) => term(i, j, k)).reduce((a, b) => a + b, 0);
        }),
      });
      const tensors = {
        x: tensor2d(x, [rows, depth]),
        kernel: tensor2d(kernel, [depth, columns]),
        bias: tensor1d(bias),
        dy: tensor2d(dy, [rows, columns]),
      };
      const expectIt = async (
        made: Tensor2D | Tensor1D,
        expected: ReturnType<typeof product>,
        label: string,
      ) => {
        expectAllClose({ shape: made.shape, data: [...(await made.data())] }, expected, {}, label);
        made.dispose();
      };
      const plain = product([rows, columns], depth, (i, j, k) => x[i * depth + k] * kernel[k * columns + j]);
      await expectIt(dense({ x: tensors.x, kernel: tensors.kernel }), plain, 'product');
      const biased = { ...plain, data: plain.data.map((value, at) => value + bias[at % columns]) };
      await expectIt(dense(tensors), biased, 'product with a bias');
      await expectIt(
        denseInputGradient(tensors),
        product([rows, depth], columns, (i, j, k) => dy[i * columns + k] * kernel[j * columns + k]),
        'gradient by the input',
      );
      await expectIt(
        denseKernelGradient(tensors),
        product([depth, columns], rows, (i, j, k) => x[k * depth + i] * dy[k * columns + j]),
        'gradient by the kernel',
      );
      dispose(tensors);
    });

    it('train a network in programs, where the gradient of the bias goes along', async () => {
      const [, each] = family.find(([name]) => name === 'harmonic')!;
      const wide = { ...each, model: { hidden: [70, 33], ...each.model } };
      const losses = async (capture: boolean) => {
        const { records, event } = await trained(wide, capture);
        expect(event?.captured).toBe(capture);
        return records.map(({ trainLoss }) => trainLoss);
      };
      expectAllClose(await losses(true), await losses(false), { relative: 1e-4 });
    });
  },
);

it('refuses other places for tiles, and other options', async () => {
  await expect(registerWebgpuKernels({ tiles: 'cache' as never })).rejects.toThrow(/tiles is "cache"/);
  await expect(registerWebgpuKernels({ simd: 'fixed' } as never)).rejects.toThrow(/has no option "simd"/);
});

// Checks for which the comparison with composed forms is too coarse.
import { describe, expect, it } from 'vitest';
import { supports } from '../src/kernel-module';
import { KernelMemory } from './support/kernel-memory';

for (const simd of ['fixed', 'relaxed'] as const) {
  describe.skipIf(!supports(simd))(
    `with ${simd} SIMD${supports(simd) ? '' : ' (which this engine lacks)'}`,
    () => {
      it('the softmax is right to a few units in the last place, down to the smallest numbers', async () => {
        const memory = await KernelMemory.of(simd);
        const rows = 100_000;
        // Two classes whose logits differ by 0 to 110.
        const logits = memory.floats(2 * rows);
        for (let i = 0; i < rows; i++) logits[2 * i + 1] = (-110 * i) / rows;
        const labels = memory.int32(new Int32Array(rows));
        const loss = memory.floats(1);
        const y = memory.floats(2 * rows);
        const { byteOffset } = logits;
        memory.kernels.softmaxCrossEntropy(
          rows,
          2,
          byteOffset,
          labels.byteOffset,
          loss.byteOffset,
          y.byteOffset,
        );
        let worst = 0;
        let mean = 0;
        for (let i = 0; i < rows; i++) {
          const power = Math.exp(logits[2 * i + 1]);
          mean += Math.log1p(power) / rows;
          const expected = power / (1 + power);
          // Rounding alone may account for half of the smallest number.
          worst = Math.max(worst, Math.abs(y[2 * i + 1] - expected) / Math.max(expected, 2 ** -126));
        }
        expect(worst).toBeLessThan(3e-7);
        expect(y[2 * rows - 1]).toBe(0);
        expect(Math.abs(loss[0] - mean)).toBeLessThan(1e-7);
      });

      it('the loss of equal logits is the logarithm of their number', async () => {
        const memory = await KernelMemory.of(simd);
        const logits = memory.floats(3000).fill(-7);
        const y = memory.floats(3000);
        const label = memory.int32([0]);
        const loss = memory.floats(1);
        for (let classes = 1; classes <= 3000; classes++) {
          memory.kernels.softmaxCrossEntropy(
            1,
            classes,
            logits.byteOffset,
            label.byteOffset,
            loss.byteOffset,
            y.byteOffset,
          );
          const expected = Math.log(classes);
          expect(Math.abs(loss[0] - expected), `${classes} classes`).toBeLessThanOrEqual(1e-7 * expected);
        }
      });
    },
  );
}

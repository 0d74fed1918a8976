import { joinUnits, splitUnits } from '@harmonic-mlp/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { read, runWithGradients, uniform, type Values, withTensors } from '../check';

/** The columns of a matrix from `from` to before `to`. */
function columns({ shape: [rows, width], data }: Values, from: number, to: number): Values {
  const parts = Array.from({ length: rows }, (_, row) => data.slice(row * width + from, row * width + to));
  return { shape: [rows, to - from], data: parts.flat() };
}

export function unitsSuite(): void {
  describe('splitUnits and joinUnits', () => {
    const shapes = [
      [1, 1, 1],
      [3, 2, 5],
      [4, 16, 3],
      [2, 9, 33],
    ];

    it.each(shapes)('take %i examples of %i and %i units apart and together', async (batch, m, n) => {
      const x = uniform(61, [batch, m + n]);
      const [first, second] = [columns(x, 0, m), columns(x, m, m + n)];
      await withTensors({ x, first, second }, async (tensors) => {
        const given = tensors as Record<keyof typeof tensors, Tensor2D>;
        expect(await read(() => splitUnits({ x: given.x }, { first: m }))).toEqual([first, second]);
        expect(await read(() => joinUnits({ first: given.first, second: given.second }))).toEqual([x]);
      });
    });

    it.each(shapes)('differentiate, for %i examples of %i and %i units', async (batch, m, n) => {
      const [first, second] = [uniform(62, [batch, m]), uniform(63, [batch, n])];
      const dy = uniform(64, [batch, m + n]);
      const { gradients } = await runWithGradients(
        { first, second },
        (inputs) => joinUnits(inputs as Record<keyof typeof inputs, Tensor2D>),
        ['first', 'second'],
        dy,
      );
      expect(gradients).toEqual({ first: columns(dy, 0, m), second: columns(dy, m, m + n) });
      const ofSplit = await runWithGradients(
        { x: dy },
        ({ x }) => splitUnits({ x: x as Tensor2D }, { first: m }),
        ['x'],
        first,
      );
      const expected = Array.from({ length: batch }, (_, row) => [
        ...first.data.slice(row * m, (row + 1) * m),
        ...new Array(n).fill(0),
      ]);
      expect(ofSplit.gradients.x).toEqual({ shape: [batch, m + n], data: expected.flat() });
    });

    it('refuse an empty group, and groups of different examples', async () => {
      await withTensors({ x: uniform(65, [2, 3]), other: uniform(66, [3, 3]) }, ({ x, other }) => {
        for (const first of [0, 3, 1.5]) {
          expect(() => splitUnits({ x: x as Tensor2D }, { first })).toThrow(
            expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
          );
        }
        expect(() => joinUnits({ first: x as Tensor2D, second: other as Tensor2D })).toThrow(
          expect.objectContaining({ code: 'INVALID_SHAPE', argument: 'second' }),
        );
      });
    });
  });
}

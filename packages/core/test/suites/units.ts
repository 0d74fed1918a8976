import { add, joinUnits, splitUnits } from '@harmonic-mlp/core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectLikeReference, type SuiteTolerances, uniform, type Values, withTensors } from '../check';

type Named = Record<string, Tensor>;
const rowsOf = ({ shape: [rows, width], data }: Values) =>
  Array.from({ length: rows }, (_, row) => data.slice(row * width, (row + 1) * width));
const matrix = (rows: number[][]): Values => ({ shape: [rows.length, rows[0].length], data: rows.flat() });

/** What groups of units and sums of layers are made with. */
export function unitsSuite(tolerances: SuiteTolerances): void {
  describe('units', () => {
    it.each([
      [1, 2, 1],
      [3, 9, 4],
      [5, 33, 32],
    ])('of [%i, %i] are split after %i', async (batch, units, first) => {
      const x = uniform(61, [batch, units]);
      for (const part of [0, 1]) {
        await expectLikeReference(
          { x },
          ({ x }) => {
            const parts = splitUnits({ x: x as Tensor2D }, { first });
            return [parts[part], parts[1 - part]];
          },
          ({ x }) => {
            const both = [
              matrix(rowsOf(x).map((row) => row.slice(0, first))),
              matrix(rowsOf(x).map((row) => row.slice(first))),
            ];
            return [both[part], both[1 - part]];
          },
          ['x'],
          tolerances,
        );
      }
    });

    it.each([
      [1, 1, 1],
      [3, 4, 5],
      [4, 1, 32],
    ])('of %i examples are joined, %i and %i', async (batch, m, n) => {
      await expectLikeReference(
        { first: uniform(62, [batch, m]), second: uniform(63, [batch, n]) },
        (inputs: Named) => joinUnits(inputs as Record<'first' | 'second', Tensor2D>),
        ({ first, second }) => [matrix(rowsOf(first).map((row, i) => [...row, ...rowsOf(second)[i]]))],
        ['first', 'second'],
        tolerances,
      );
    });

    it('of two layers are added', async () => {
      await expectLikeReference(
        { a: uniform(64, [3, 5]), b: uniform(65, [3, 5]) },
        (inputs: Named) => add(inputs as Record<'a' | 'b', Tensor2D>),
        ({ a, b }) => [{ shape: a.shape, data: a.data.map((value, i) => value + b.data[i]) }],
        ['a', 'b'],
        tolerances,
      );
    });

    it('are refused where a group would be empty, or groups do not fit', async () => {
      await withTensors({ x: uniform(66, [2, 3]), other: uniform(67, [3, 3]) }, ({ x, other }) => {
        for (const first of [0, 3, 1.5]) {
          expect(() => splitUnits({ x: x as Tensor2D }, { first })).toThrow(
            expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'first', value: first }),
          );
        }
        expect(() => joinUnits({ first: x as Tensor2D, second: other as Tensor2D })).toThrow(
          expect.objectContaining({ code: 'INVALID_SHAPE', argument: 'second' }),
        );
        expect(() => add({ a: x as Tensor2D, b: other as Tensor2D })).toThrow(
          expect.objectContaining({ code: 'INVALID_SHAPE', argument: 'b' }),
        );
      });
    });
  });
}

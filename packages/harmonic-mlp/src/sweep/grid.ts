import { HarmonicError } from '@harmonic-mlp/core';
import { refused } from '../refused';
import { type Applies, type Axes, applicable, isRange, keyOf, type Values, valueAt } from './axis';

/** The most combinations that a grid may have. */
const most = 100_000;

/**
 * All configurations of a grid: each combination of the axes' values, the last axis changing fastest, as in nested loops.
 * Combinations that differ only in axes that do not apply to them are one configuration, in the place of the first.
 *
 * @param applies whether an axis applies to a configuration. Default: each does.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a range without `points`, and for more than 100,000 combinations.
 */
export function gridOf(axes: Axes, applies?: Applies): Values[] {
  const lists = Object.entries(axes).map(([name, axis]) => ({
    name,
    values: valuesIn(`axes.${name}`, axis),
  }));
  const size = lists.reduce((product, { values }) => product * values.length, 1);
  if (size > most)
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'axes',
      problem: `The grid has ${size} combinations, and may have ${most}.`,
      fix: 'Leave values out, or search at random.',
    });
  return [...combined(lists, applies).values()];
}

/**
 * All configurations of axes whose values can be counted, each by its key; undefined if they cannot be, or are more than 100,000
 * combinations.
 */
export function allOf(axes: Axes, applies?: Applies): Map<string, Values> | undefined {
  const sizes = Object.values(axes).map((axis) =>
    isRange(axis) ? (axis.integer ? axis.to - axis.from + 1 : Infinity) : axis.length,
  );
  if (sizes.reduce((product, size) => product * size, 1) > most) return undefined;
  const lists = Object.entries(axes).map(([name, axis], i) => ({
    name,
    values: isRange(axis) ? Array.from({ length: sizes[i] }, (_, place) => axis.from + place) : axis,
  }));
  return combined(lists, applies);
}

function combined(
  lists: readonly { name: string; values: readonly unknown[] }[],
  applies?: Applies,
): Map<string, Values> {
  let combinations: Values[] = [{}];
  for (const { name, values } of lists)
    combinations = combinations.flatMap((each) => values.map((value) => ({ ...each, [name]: value })));
  const distinct = new Map<string, Values>();
  for (const combination of combinations) {
    const values = applicable(combination, applies);
    const key = keyOf(values);
    if (!distinct.has(key)) distinct.set(key, values);
  }
  return distinct;
}

function valuesIn(name: string, axis: Axes[string]): readonly unknown[] {
  if (!isRange(axis)) return axis;
  const { points } = axis;
  if (points === undefined)
    throw refused(
      `${name}.points`,
      points,
      'given for a grid',
      'Give the number of values, or search at random.',
    );
  return Array.from({ length: points }, (_, i) => valueAt(axis, i / (points - 1)));
}

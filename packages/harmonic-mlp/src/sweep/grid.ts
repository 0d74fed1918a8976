import { refused } from '../refused';
import { type Applies, type Axes, applicable, isRange, keyOf, type Values, valueAt } from './axis';

/**
 * All configurations of a grid: each combination of the axes' values, the last axis changing fastest, as in nested loops.
 * Combinations that differ only in axes that do not apply to them are one configuration, in the place of the first.
 *
 * @param applies whether an axis applies to a configuration. Default: each does.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a range without `points`.
 */
export function gridOf(axes: Axes, applies?: Applies): Values[] {
  let combinations: Values[] = [{}];
  for (const [name, axis] of Object.entries(axes)) {
    const values = valuesIn(`axes.${name}`, axis);
    combinations = combinations.flatMap((each) => values.map((value) => ({ ...each, [name]: value })));
  }
  const distinct = new Map<string, Values>();
  for (const combination of combinations) {
    const values = applicable(combination, applies);
    const key = keyOf(values);
    if (!distinct.has(key)) distinct.set(key, values);
  }
  return [...distinct.values()];
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

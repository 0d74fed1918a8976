import type { PeriodsOf } from '@harmonic-mlp/freq-optimizer';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The period of each unit, 0 for one that has none; a function that computes the current ones where they are trained. */
type UnitPeriods = NonNullable<ReturnType<PeriodsOf>>;

// Stored on the variable itself, under a symbol that all copies of this package share, so that an optimizer needs neither the
// model nor the layer: tfjs-layers creates the optimizer of a loaded model before either of them.
const periodsKey = Symbol.for('harmonic-mlp.periods');

/** Records the periods of a variable's units. */
export function setUnitPeriods(variable: Tensor, periods: UnitPeriods): void {
  Object.assign(variable, { [periodsKey]: periods });
}

/** The periods that {@link setUnitPeriods} recorded. */
export const unitPeriods: PeriodsOf = (variable) => (variable as { [periodsKey]?: UnitPeriods })[periodsKey];

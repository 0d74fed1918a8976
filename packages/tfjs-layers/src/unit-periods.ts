import type { PeriodsOf } from '@harmonic-mlp/freq-optimizer';
import type { Tensor } from '@tensorflow/tfjs-core';

// Stored on the variable itself, under a symbol that all copies of this package share, so that an optimizer needs neither the
// model nor the layer: tfjs-layers creates the optimizer of a loaded model before either of them.
const periodsKey = Symbol.for('harmonic-mlp.periods');

/** Records the periods of a variable's units. */
export function setUnitPeriods(variable: Tensor, periods: Float32Array): void {
  Object.assign(variable, { [periodsKey]: periods });
}

/** The periods that {@link setUnitPeriods} recorded. */
export const unitPeriods: PeriodsOf = (variable) => (variable as { [periodsKey]?: Float32Array })[periodsKey];

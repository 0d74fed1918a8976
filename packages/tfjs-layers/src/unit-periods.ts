import type { PeriodsOf } from '@harmonic-mlp/freq-optimizer';
import type { Tensor } from '@tensorflow/tfjs-core';

// On the variable itself, under a symbol that every copy of this package shares, so that an optimizer needs neither the
// model nor the layer: tfjs-layers makes the optimizer of a loaded model before it has either.
const periodsKey = Symbol.for('harmonic-mlp.periods');

/** Notes the periods of a variable's units. */
export function setUnitPeriods(variable: Tensor, periods: Float32Array): void {
  Object.assign(variable, { [periodsKey]: periods });
}

/** The periods that {@link setUnitPeriods} noted. */
export const unitPeriods: PeriodsOf = (variable) => (variable as { [periodsKey]?: Float32Array })[periodsKey];

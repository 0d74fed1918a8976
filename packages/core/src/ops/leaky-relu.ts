import { add, cast, greaterEqual, maximum, minimum, mul } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The leaky rectifier (Maas et al., 2013), `y = z` for z ≥ 0, else `a·z`.
 *
 * @param inputs `z` [batch, units].
 * @param attributes `slope`: a.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an attribute that is not finite or unknown.
 */
export const leakyRelu = defineElementwise<{ slope: number }>({
  name: 'HarmonicMLP.LeakyRelu',
  example: 'leakyRelu({ z }, { slope: 0.01 })',
  attributes: { slope: {} },
  value: (z, { slope }) => add(maximum(z, 0), mul(minimum(z, 0), slope)),
  slope: (z, { slope }) => add(mul(cast(greaterEqual(z, 0), 'float32'), 1 - slope), slope),
});

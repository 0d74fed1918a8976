import { cos, mul, sin, square, sub, tanh } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The hyperbolic oscillator HOSC (Serrano et al., 2024), `y = tanh(β·sin(ω·z))`: a sine for a small β, nearly a square wave
 * for a large one.
 *
 * @param inputs `z` [batch, units].
 * @param attributes `sharpness`: β, `omega`: ω, both greater than 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an attribute that is out of bounds or unknown.
 */
export const hosc = defineElementwise<{ sharpness: number; omega: number }>({
  name: 'HarmonicMLP.Hosc',
  example: 'hosc({ z }, { sharpness: 8, omega: 30 })',
  attributes: { sharpness: { above: 0 }, omega: { above: 0 } },
  value: (z, { sharpness, omega }) => tanh(mul(sin(mul(z, omega)), sharpness)),
  slope(z, { sharpness, omega }) {
    const phase = mul(z, omega);
    const y = tanh(mul(sin(phase), sharpness));
    return mul(mul(cos(phase), sharpness * omega), sub(1, square(y)));
  },
});

import { HarmonicError } from '@harmonic-mlp/core';
import { env, getBackend } from '@tensorflow/tfjs-core';

/** The smallest normal 16-bit float, 2⁻¹⁴; smaller numbers have fewer digits or are 0. */
const smallestOf16Bits = 2 ** -14;

/**
 * The number of bits in a float on the active backend: 16 if WebGL cannot render to 32-bit textures, as on some phones, else
 * 32.
 */
export function floatPrecision(): 16 | 32 {
  // 'rn-webgl' is React Native's.
  if (!getBackend()?.endsWith('webgl')) return 32;
  // Not the backend's own floatPrecision() and epsilon(): they test a number that never leaves the CPU (tfjs 4.22).
  try {
    return env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') ? 32 : 16;
  } catch {
    return 32; // A backend of that name without tfjs's flags.
  }
}

/** Adam's default ε: 1e-8, as in PyTorch; 1e-4 with 16-bit floats, in which 1e-8 is 0. */
export const defaultEpsilon = (): number => (floatPrecision() === 16 ? 1e-4 : 1e-8);

/**
 * Checks that the active backend's floats can hold an ε, and returns it. A lost ε would divide gradients of 0 by 0.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an ε less than 2⁻¹⁴ with 16-bit floats.
 */
export function requireEpsilon(epsilon: number): number {
  if (epsilon >= smallestOf16Bits || floatPrecision() === 32) return epsilon;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'epsilon',
    value: epsilon,
    allowed: `at least ${smallestOf16Bits} with the 16-bit floats of this ${getBackend()} backend`,
    fix: `Leave it out to use ${defaultEpsilon()}, or use another backend.`,
  });
}

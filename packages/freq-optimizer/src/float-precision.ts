import { HarmonicError } from '@harmonic-mlp/core';
import { env, getBackend } from '@tensorflow/tfjs-core';

/** The smallest normal number of 16 bits, 2⁻¹⁴; what is less has fewer digits there, or is 0. */
const smallestOf16Bits = 2 ** -14;

/**
 * The bits of a float on the active backend: 16 where WebGL cannot draw into 32-bit textures, as on some phones, and 32
 * everywhere else.
 */
export function floatPrecision(): 16 | 32 {
  // 'rn-webgl' is React Native's.
  if (!getBackend()?.endsWith('webgl')) return 32;
  // Not by the backend's own floatPrecision() and epsilon(): they test a number that never leaves the CPU (tfjs 4.22).
  try {
    return env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') ? 32 : 16;
  } catch {
    return 32; // A backend of that name without tfjs's flags.
  }
}

/** Adam's ε where none is given: 1e-8, as in PyTorch; with 16-bit floats, where that is 0, 1e-4. */
export const defaultEpsilon = (): number => (floatPrecision() === 16 ? 1e-4 : 1e-8);

/**
 * Checks that an ε is not lost on the active backend, where a gradient of 0 would then be divided by 0.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for less than 2⁻¹⁴ with 16-bit floats.
 */
export function requireEpsilon(epsilon: number): number {
  if (epsilon >= smallestOf16Bits || floatPrecision() === 32) return epsilon;
  throw new HarmonicError(
    'INVALID_ARGUMENT',
    `epsilon is ${epsilon}, which is lost in the 16-bit floats of this ${getBackend()} backend; it must be at least ${smallestOf16Bits}. Leave it out for ${defaultEpsilon()}, or use another backend.`,
  );
}

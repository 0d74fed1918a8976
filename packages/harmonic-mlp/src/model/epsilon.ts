import { floatPrecision } from '@harmonic-mlp/freq-optimizer';

// PyTorch's 1e-5 is below the normal 16-bit numbers, which some graphics cards flush to 0. Next to a variance of 1, the root
// of 1e-4 is far below the resolution of 16 bits.
/** The ε of normalizations on the active backend. */
export const epsilonNow = (): number => (floatPrecision() === 16 ? 1e-4 : 1e-5);

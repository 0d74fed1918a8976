import {
  add,
  cos,
  matMul,
  mul,
  reshape,
  sin,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';

/** The tensors of STAF. */
export type StafInputs = {
  /** [batch, units]. */
  z: Tensor2D;
  /** w, [terms]. */
  frequencies: Tensor1D;
  /** φ, in radians, [terms]. */
  phases: Tensor1D;
  /** b, [terms]. */
  amplitudes: Tensor1D;
};

/** `w·z + φ`, [batch · units, terms]. */
const argumentsOf = ({ z, frequencies, phases }: Omit<StafInputs, 'amplitudes'>): Tensor2D =>
  add(mul(reshape(z, [z.size, 1]), frequencies), phases);

/** The sum over terms, in the shape of `z`. */
const sumOfTerms = (terms: Tensor2D, weights: Tensor, z: Tensor2D): Tensor2D =>
  reshape(matMul<Tensor2D>(terms, reshape(weights, [weights.size, 1])), z.shape);

/**
 * The sinusoidal trainable activation function STAF (Morsali et al., 2025), `y = Σ b·sin(w·z + φ)` over a few terms, which all
 * units of a layer share and which can be trained.
 *
 * @param inputs `z` [batch, units]; `frequencies` w, `phases` φ in radians, and `amplitudes` b, all [terms].
 * @returns `y` [batch, units].
 * @throws {HarmonicError} `INVALID_SHAPE` if the numbers of terms differ.
 */
export const staf = defineOperation({
  name: 'HarmonicMLP.Staf',
  validate({ z, frequencies, phases, amplitudes }: StafInputs) {
    requireShape('z', z, ['batch', 'units']);
    const shape = requireShape('frequencies', frequencies, ['terms']).shape;
    requireShape('phases', phases, shape, { frequencies });
    requireShape('amplitudes', amplitudes, shape, { frequencies });
  },
  compose: ({ amplitudes, ...inputs }): Tensor2D =>
    sumOfTerms(sin(argumentsOf(inputs)), amplitudes, inputs.z),
  savedInputs: ['z', 'frequencies', 'phases', 'amplitudes'],
  gradient(dy, saved) {
    const [z, frequencies, phases, amplitudes] = saved as [Tensor2D, Tensor1D, Tensor1D, Tensor1D];
    const inputs = { dy: dy as Tensor2D, z, frequencies, phases, amplitudes };
    const [ofFrequencies, ofPhases, ofAmplitudes] = stafTermGradients(inputs);
    return {
      z: () => stafGradient(inputs),
      frequencies: () => ofFrequencies,
      phases: () => ofPhases,
      amplitudes: () => ofAmplitudes,
    };
  },
});

/** The gradient of {@link staf} with respect to `z`: `dy·Σ b·w·cos(w·z + φ)`, [batch, units]. */
export const stafGradient = defineOperation({
  name: 'HarmonicMLP.StafGradient',
  compose: ({ dy, amplitudes, ...inputs }: StafInputs & { dy: Tensor2D }): Tensor2D =>
    mul(dy, sumOfTerms(cos(argumentsOf(inputs)), mul(amplitudes, inputs.frequencies), inputs.z)),
});

/**
 * The gradients of {@link staf} with respect to its terms: with sums over all values, `dw = b·Σ dy·z·cos(w·z + φ)`,
 * `dφ = b·Σ dy·cos(w·z + φ)`, and `db = Σ dy·sin(w·z + φ)`.
 *
 * @returns `[dw, dφ, db]`, all [terms].
 */
export const stafTermGradients = defineOperation({
  name: 'HarmonicMLP.StafTermGradients',
  compose({ dy, amplitudes, ...inputs }: StafInputs & { dy: Tensor2D }): [Tensor1D, Tensor1D, Tensor1D] {
    const sumOfValues = (weights: Tensor, terms: Tensor2D): Tensor1D =>
      reshape(matMul<Tensor2D>(reshape(weights, [1, weights.size]), terms), amplitudes.shape);
    const angles = argumentsOf(inputs);
    const cosines = cos(angles);
    return [
      mul(amplitudes, sumOfValues(mul(dy, inputs.z), cosines)),
      mul(amplitudes, sumOfValues(dy, cosines)),
      sumOfValues(dy, sin(angles)),
    ];
  },
});

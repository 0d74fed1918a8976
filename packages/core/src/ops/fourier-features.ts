import { concat, cos, matMul, mul, sin, type Tensor2D } from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';

/**
 * Fourier features (Tancik et al., 2020): `[sin 2πx·B, cos 2πx·B]`. It has no gradient.
 *
 * @param inputs `x` [batch, inputs]; `frequencies` B, [inputs, features], in cycles per unit of each input.
 * @returns [batch, 2·features].
 * @throws {HarmonicError} `INVALID_SHAPE` if the widths differ.
 */
export const fourierFeatures = defineOperation({
  name: 'HarmonicMLP.FourierFeatures',
  validate({ x, frequencies }: { x: Tensor2D; frequencies: Tensor2D }) {
    const [inputs] = requireShape('frequencies', frequencies, ['inputs', 'features']).shape;
    requireShape('x', x, ['batch', inputs], { frequencies });
  },
  compose({ x, frequencies }): Tensor2D {
    const phases = mul(matMul(x, frequencies), 2 * Math.PI);
    return concat([sin(phases), cos(phases)] as Tensor2D[], 1);
  },
});

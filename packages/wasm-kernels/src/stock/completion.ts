import {
  type _FusedMatMulAttrs,
  Add,
  Elu,
  LeakyRelu,
  Prelu,
  Relu,
  Relu6,
  Sigmoid,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import { hasKernels, replace } from './own-kernel';

/** The kernels of the activations that tfjs's wasm backend fuses, by tfjs's names. */
const activationKernels: Partial<Record<string, string>> = {
  relu: Relu,
  relu6: Relu6,
  prelu: Prelu,
  leakyrelu: LeakyRelu,
  sigmoid: Sigmoid,
  elu: Elu,
};

/** What a fused kernel does with a product or a convolution. */
export interface Completion extends Pick<_FusedMatMulAttrs, 'activation' | 'leakyreluAlpha'> {
  /** What is added first, broadcast. */
  readonly bias?: TensorInfo | undefined;
  readonly preluActivationWeights?: TensorInfo | undefined;
}

/**
 * A function that completes a result, which it frees, by the backend's own kernels, so that the values are the same as without fusion;
 * they take little time. Undefined if the backend lacks one of them.
 */
export function completion({
  bias,
  activation,
  preluActivationWeights,
  leakyreluAlpha,
}: Completion): ((heap: Heap, result: TensorInfo) => TensorInfo) | undefined {
  const activate = activationKernels[activation];
  if (activate === undefined && activation !== 'linear') return undefined;
  if (bias !== undefined && !hasKernels(Add)) return undefined;
  if (activate !== undefined && !hasKernels(activate)) return undefined;
  return (heap, result) => {
    const sum = bias === undefined ? result : replace(heap, result, Add, { a: result, b: bias });
    if (activate === undefined) return sum;
    const inputs = { x: sum, ...(activation === 'prelu' && { alpha: preluActivationWeights }) };
    return replace(heap, sum, activate, inputs, { alpha: leakyreluAlpha ?? 0 });
  };
}

import { Cos, Sin, Sqrt, type TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../heap';
import type { WasmKernel } from '../kernel';

/** A function of each value of a float32 tensor. */
const unary = (name: string, kernel: 'sin' | 'cos' | 'squareRoot'): WasmKernel => ({
  name,
  run({ x }: { x: TensorInfo }, _, heap) {
    if (x.dtype !== 'float32') return undefined;
    const y = heap.allocate(x.shape);
    heap.kernels[kernel](sizeOf(x), heap.address(x), heap.address(y));
    return y;
  },
});

/** `tf.sin`: absolute error up to 2e-7; NaN for infinities. */
export const sine = unary(Sin, 'sin');
/** `tf.cos`, like {@link sine}. */
export const cosine = unary(Cos, 'cos');
/** `tf.sqrt`, which takes most of the time of an Adam step with tfjs's kernels. */
export const squareRoot = unary(Sqrt, 'squareRoot');

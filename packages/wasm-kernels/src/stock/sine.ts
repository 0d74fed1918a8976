import { Cos, Sin, type UnaryInputs } from '@tensorflow/tfjs-core';
import { sizeOf } from '../heap';
import type { WasmKernel } from '../kernel';

const trigonometric = (name: string, kernel: 'sin' | 'cos'): WasmKernel => ({
  name,
  run({ x }: UnaryInputs, _, heap) {
    if (x.dtype !== 'float32') return undefined;
    const y = heap.allocate(x.shape);
    heap.kernels[kernel](sizeOf(x), heap.address(x), heap.address(y));
    return y;
  },
});

/** `tf.sin`: absolute error up to 2e-7; NaN for infinities. */
export const sine = trigonometric(Sin, 'sin');
/** `tf.cos`, as {@link sine}. */
export const cosine = trigonometric(Cos, 'cos');

import { register, type WasmKernelOptions, type WasmKernelReport } from './register';
import { stockKernels } from './stock/kernels';

export type { SimdLevel } from './kernel-module';
export {
  unregister as unregisterWasmKernels,
  type WasmKernelOptions,
  type WasmKernelReport,
} from './register';

/**
 * Replaces tfjs's own kernels on the wasm backend with faster ones, those that take most of the time of `model.fit`: products of
 * matrices, convolutions, their gradients and those of pooling, `FusedBatchNorm`, `Sin`, `Cos`, `Sqrt`, `Identity`, `GatherV2`, `Sum`,
 * and `Tile`. It adds the gradient kernels that the backend lacks, `Conv2DBackpropFilter`, `DepthwiseConv2dNativeBackpropFilter`,
 * `DepthwiseConv2dNativeBackpropInput`, and `UnsortedSegmentSum`, so that convolutions and embeddings train. It also replaces the steps
 * of tfjs's optimizers and, if tfjs-layers has been loaded, its training steps, which are recorded and repeated, and the loops of its
 * `lstm` and `gru`.
 *
 * Anything they do not handle, such as types other than float32, is left to what they replace, or is an error if there is nothing. If
 * the backend is not as expected, nothing changes, and one warning says why.
 *
 * @param options the instructions to use. Default: the fastest that the engine supports.
 * @returns the kernels that are active, and why the others are not.
 * @throws {HarmonicError} `INVALID_ARGUMENT` if `simd` is neither `fixed` nor `relaxed`, or for an unknown option.
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-wasm';
 * import { registerWasmKernels } from '@harmonic-mlp/wasm-kernels/stock';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * await tf.setBackend('wasm');
 * await registerWasmKernels();
 * ```
 */
export function registerWasmKernels(options?: WasmKernelOptions): Promise<WasmKernelReport> {
  return register(stockKernels, options);
}

import { Identity, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmKernel } from '../kernel';

/**
 * `tf.clone`, and what tfjs runs whenever it saves a tensor for the backward pass: the data get another holder, where
 * tfjs's kernel copies them. No kernel of tfjs writes into its inputs.
 */
export const identity: WasmKernel = {
  name: Identity,
  run: ({ x }: { x: TensorInfo }, _, heap) =>
    x.dtype === 'string' || x.dtype === 'complex64' ? undefined : heap.share(x, x.shape),
};

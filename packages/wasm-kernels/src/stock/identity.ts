import { Identity, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { WasmKernel } from '../kernel';

/**
 * `tf.clone`, which tfjs also runs whenever it saves a tensor for the backward pass: it shares the data, whereas tfjs's
 * kernel copies it. No tfjs kernel writes to its inputs. A reshaped tensor is copied, because fused convolutions take the
 * shape of a bias from its data, not from the tensor.
 */
export const identity: WasmKernel = {
  name: Identity,
  run({ x }: { x: TensorInfo }, _, heap) {
    if (x.dtype === 'string' || x.dtype === 'complex64') return undefined;
    return util.arraysEqual(heap.data(x).shape, x.shape) ? heap.share(x) : undefined;
  },
};

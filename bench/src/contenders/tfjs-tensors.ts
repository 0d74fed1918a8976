import { type Tensor1D, type Tensor2D, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import type { Batch } from '../contender';
import { inputSize } from '../published-model';
import type { Library } from './in-process';

/** How a contender on tfjs holds its examples. */
export const tfjsTensors: Pick<
  Library<{ inputs: Tensor2D; labels: Tensor1D }, Tensor2D>,
  'batch' | 'images' | 'disposeBatch' | 'disposeImages'
> = {
  batch: ({ inputs, labels, size }: Batch) => ({
    inputs: tensor2d(inputs, [size, inputSize]),
    labels: tensor1d(labels, 'int32'),
  }),
  images: (values) => tensor2d(values, [values.length / inputSize, inputSize]),
  disposeBatch: ({ inputs, labels }) => {
    inputs.dispose();
    labels.dispose();
  },
  disposeImages: (images) => images.dispose(),
};

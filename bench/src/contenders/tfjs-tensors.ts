import { type Tensor, type Tensor1D, type Tensor2D, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import type { Batch } from '../contender';
import type { Network } from '../network';
import type { Library } from './in-process';

/** A batch on tfjs: its targets are [size], int32, or [size, outputs]. */
export interface TfjsBatch {
  inputs: Tensor2D;
  targets: Tensor;
}

/** How a contender on tfjs holds its examples. */
export const tfjsTensors = ({
  inputSize,
  task,
  outputs,
}: Network): Pick<Library<TfjsBatch, Tensor2D>, 'batch' | 'inputs' | 'disposeBatch' | 'disposeInputs'> => ({
  batch: ({ inputs, targets, size }: Batch) => ({
    inputs: tensor2d(inputs, [size, inputSize]),
    targets: task === 'classification' ? tensor1d(targets, 'int32') : tensor2d(targets, [size, outputs]),
  }),
  inputs: (values) => tensor2d(values, [values.length / inputSize, inputSize]),
  disposeBatch: ({ inputs, targets }) => {
    inputs.dispose();
    targets.dispose();
  },
  disposeInputs: (inputs) => inputs.dispose(),
});

/** The targets of a classification. */
export const labelsOf = ({ targets }: TfjsBatch): Tensor1D => targets as Tensor1D;
/** The targets of a regression. */
export const numbersOf = ({ targets }: TfjsBatch): Tensor2D => targets as Tensor2D;

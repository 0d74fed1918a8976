import { adamKernels } from './adam';
import { addKernels } from './add';
import { batchNormKernels } from './batch-norm';
import { crossEntropyKernels } from './cross-entropy';
import { denseKernels } from './dense';
import { descendKernels } from './descend';
import { dropoutKernels } from './dropout';
import { elementwiseKernels } from './elementwise';
import { fourierKernels } from './fourier-features';
import { gaussianNoiseKernels } from './gaussian-noise';
import { harmonicKernels } from './harmonic';
import { layerNormKernels } from './layer-norm';
import { lossKernels } from './losses';
import { reluKernels } from './relu';
import { sineReluKernels } from './sine-relu';
import { snakeKernels } from './snake';
import { stafKernels } from './staf';
import { unitKernels } from './units';

export type { DynamicArguments, OperationKernel } from './operation-kernel';

/** The kernels of the operations of `@harmonic-mlp/core`. */
export const operationKernels = [
  ...denseKernels,
  ...fourierKernels,
  ...harmonicKernels,
  ...reluKernels,
  ...elementwiseKernels,
  ...sineReluKernels,
  ...snakeKernels,
  ...stafKernels,
  ...unitKernels,
  ...addKernels,
  ...batchNormKernels,
  ...layerNormKernels,
  ...descendKernels,
  ...dropoutKernels,
  ...gaussianNoiseKernels,
  ...crossEntropyKernels,
  ...lossKernels,
  ...adamKernels,
];

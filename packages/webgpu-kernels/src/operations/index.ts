import { denseKernels } from './dense';
import { elementwiseKernels } from './elementwise';
import { lossKernels } from './losses';
import { normalizationKernels } from './normalization';
import { perUnitKernels } from './per-unit';
import { randomKernels } from './random';
import { unitKernels } from './units';
import { updateKernels } from './updates';

export { adamPair, crossEntropyWithGradient, denseGradients, maskedDropout } from './fused';
export type { OperationKernel } from './operation-kernel';

/** The kernels of the operations of `@harmonic-mlp/core`. */
export const operationKernels = [
  ...denseKernels,
  ...elementwiseKernels,
  ...perUnitKernels,
  ...unitKernels,
  ...normalizationKernels,
  ...randomKernels,
  ...lossKernels,
  ...updateKernels,
];

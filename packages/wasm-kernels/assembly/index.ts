import { PRODUCT_SCRATCH } from './product';

export { adamStep } from './adam';
export {
  BACKGROUND_MAX_DEPTH,
  background,
  backgroundProduct,
  backgroundTransposedProduct,
  countForeground,
} from './background-product';
export { gather, indicesWithin } from './gather';
export { batchNorm, batchNormGradient, batchNormInference } from './batch-norm';
export { countCorrect, softmaxCrossEntropy, softmaxCrossEntropyGradient } from './cross-entropy';
export { applyMask, dropoutMask } from './dropout';
export { harmonic, harmonicGradient } from './harmonic';
export { product } from './product';
export { reluGradient, relu } from './relu';
export { cos, sin } from './sine';
export { sumRows } from './sum-rows';
export { squareRoot } from './square-root';
export { sumOverAxis } from './sum-over-axis';

/** The bytes of scratch memory that the kernels need. */
export const SCRATCH_BYTES: usize = PRODUCT_SCRATCH;

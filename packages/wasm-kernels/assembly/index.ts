import { DROPOUT_SCRATCH } from './dropout';
import { HARMONIC_SCRATCH } from './harmonic';
import { PRODUCT_SCRATCH } from './product';

export { adamStep } from './adam';
export {
  BACKGROUND_MAX_DEPTH,
  background,
  backgroundProduct,
  backgroundTransposedProduct,
  countForeground,
  foregroundMagnitude,
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
export function scratchBytes(): usize {
  return max(PRODUCT_SCRATCH, max(HARMONIC_SCRATCH, DROPOUT_SCRATCH));
}

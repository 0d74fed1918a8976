import { BLOCK_BYTES } from './blocks';
import { DROPOUT_SCRATCH } from './dropout';
import { NOISE_SCRATCH } from './gaussian-noise';
import { PRODUCT_SCRATCH } from './product';

export { adamStep } from './adam';
export { add } from './add';
export { dense, denseKernelGradient } from './dense';
export { gather, indicesWithin } from './gather';
export { batchNorm, batchNormGradient, batchNormInference } from './batch-norm';
export { countCorrect, softmaxCrossEntropy, softmaxCrossEntropyGradient } from './cross-entropy';
export { descend } from './descend';
export { distributionCrossEntropy } from './distribution-cross-entropy';
export { applyMask, dropoutMask } from './dropout';
export { exp, expGradient } from './exponential';
export { finer, finerGradient } from './finer';
export { fourierFeatures } from './fourier-features';
export { gauss, gaussGradient } from './gauss';
export { gaussianNoise } from './gaussian-noise';
export { execute } from '../generated/execute';
export { gelu, geluGradient } from './gelu';
export { harmonic, harmonicGradient } from './harmonic';
export { hosc, hoscGradient } from './hosc';
export { hyperbolicSine, hyperbolicSineGradient } from './hyperbolic-sine';
export { layerNorm, layerNormGradient } from './layer-norm';
export { leakyRelu, leakyReluGradient } from './leaky-relu';
export { absoluteError, binaryCrossEntropy, huberError, lossGradient, squaredError } from './losses';
export { momentumStep } from './momentum';
export { product } from './product';
export { reluGradient, relu } from './relu';
export { rmsPropStep } from './rms-prop';
export { sigmoid, sigmoidGradient } from './sigmoid';
export { silu, siluGradient } from './silu';
export { binary } from './binary';
export { clip } from './clip';
export { compare, equalBytes } from './compare';
export { floatsOfBytes, floatsOfIntegers, oneHot } from './convert';
export { copy } from './copy';
export { sumInOrder } from './sum-in-order';
export { sinc, sincGradient } from './sinc';
export { cos, sin } from './sine';
export { sineRelu, sineReluGradient } from './sine-relu';
export { sinusoid, sinusoidGradient } from './sinusoid';
export { snake, snakeFrequencyGradient, snakeGradient } from './snake';
export { staf, stafGradient, stafTermGradients } from './staf';
export { sumRows } from './sum-rows';
export { squareRoot } from './square-root';
export { sumOverAxis } from './sum-over-axis';
export { tanh, tanhGradient } from './tanh';
export { periodGradient, phaseGradient } from './unit-gradients';
export { joinUnits, splitUnits } from './units';
export { wire, wireGradient } from './wire';

/** The bytes of scratch memory that the kernels need: two blocks, or more for products and masks. */
export function scratchBytes(): usize {
  return max(PRODUCT_SCRATCH, max(BLOCK_BYTES << 1, max(DROPOUT_SCRATCH, NOISE_SCRATCH)));
}

export * from './absolute-error';
export * from './adam';
export * from './add';
export * from './batch-norm';
export * from './binary-cross-entropy';
export * from './cross-entropy';
export {
  dense,
  denseBiasGradient,
  denseInputGradient,
  denseKernelGradient,
} from './dense';
export * from './descend';
export * from './distribution-cross-entropy';
export * from './dropout';
export type { ElementwiseOperation } from './elementwise';
export * from './exponential';
export * from './finer';
export * from './fourier-features';
export * from './gauss';
export * from './gaussian-noise';
export * from './gelu';
export { harmonic, harmonicGradient, harmonicPeriodGradient } from './harmonic';
export * from './hosc';
export * from './huber-error';
export * from './hyperbolic-sine';
export * from './layer-norm';
export * from './leaky-relu';
export { type LossInputs, lossGradient } from './loss';
export * from './phased-harmonic';
export * from './relu';
export * from './sigmoid';
export * from './silu';
export * from './sinc';
export * from './sine';
export * from './sine-relu';
export * from './snake';
export * from './squared-error';
export * from './staf';
export * from './tanh';
export * from './units';
export * from './wire';

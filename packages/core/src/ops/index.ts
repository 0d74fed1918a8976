export * from './adam';
export * from './batch-norm';
export * from './cross-entropy';
export {
  dense,
  denseBiasGradient,
  denseInputGradient,
  denseKernelGradient,
} from './dense';
export * from './dropout';
export type { ElementwiseOperation } from './elementwise';
export * from './exponential';
export * from './finer';
export * from './gauss';
export * from './gelu';
export { harmonic, harmonicGradient } from './harmonic';
export * from './hosc';
export * from './hyperbolic-sine';
export * from './leaky-relu';
export * from './phased-harmonic';
export * from './relu';
export * from './sigmoid';
export * from './silu';
export * from './sinc';
export * from './sine';
export * from './sine-relu';
export * from './snake';
export * from './staf';
export * from './tanh';
export * from './units';
export * from './wire';

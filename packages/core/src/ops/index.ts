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
export * from './harmonic';
export * from './relu';

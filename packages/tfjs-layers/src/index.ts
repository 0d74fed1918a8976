export {
  Adam,
  type AdamOptions,
  type FrequencyAwareOptimizer,
  type FrequencyAwareOptions,
} from '@harmonic-mlp/freq-optimizer';
export { frequencyAware } from './frequency-aware';
export { HarmonicDense, type HarmonicDenseConfig, harmonicDense } from './harmonic-dense';
export { registerHarmonicLayers } from './register';
export type { Serialised, Serialized } from './serialized';

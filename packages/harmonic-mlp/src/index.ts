export type { Batch, BatchSource } from './batch-source';
export {
  type Activation,
  activations,
  type HarmonicMLPConfig,
  type HarmonicMLPOptions,
} from './config';
export type { EvaluateOptions, Evaluation } from './evaluate';
export {
  type Checkpointer,
  createOptimizer,
  type EpochRecord,
  type FitOptions,
  type FitResult,
  type MetricsEvent,
  type OptimizerOptions,
  type StepEvent,
} from './fit';
export { HarmonicMLP, type HiddenBlock } from './harmonic-mlp';
export { readMetadata } from './model-file';

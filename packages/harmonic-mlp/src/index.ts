export type { BatchNormLayer } from './batch-norm-layer';
export type { Batch, BatchRequest, BatchSource } from './batch-source';
export {
  type Activation,
  activations,
  type HarmonicMLPConfig,
  type HarmonicMLPOptions,
  resolveConfig,
} from './config';
export type { DenseLayer } from './dense-layer';
export type { EvaluateOptions, Evaluation } from './evaluate';
export { createOptimizer, type FitOptions, type FitResult, type OptimizerOptions } from './fit';
export type { Checkpointer, EpochRecord, MetricsEvent, StepEvent } from './fit-events';
export { HarmonicMLP, type HiddenBlock } from './harmonic-mlp';
export { inspectModelFile, type ModelFileInfo } from './progress';
export type { SummaryOptions } from './summary';

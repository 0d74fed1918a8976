export type { BatchNormLayer } from './batch-norm-layer';
export type { Batch, BatchRequest, BatchSource } from './batch-source';
export {
  type Activation,
  activations,
  type HarmonicMLPConfig,
  type HarmonicMLPOptions,
  resolveConfig,
} from './config';
export { createOptimizer, type OptimizerOptions } from './create-optimizer';
export type { DenseLayer } from './dense-layer';
export type { EvaluateOptions, Evaluation } from './evaluate';
export type { FitResult } from './fit';
export type {
  Checkpointer,
  EpochRecord,
  MetricsEvent,
  RunSettings,
  StartEvent,
  StepEvent,
} from './fit-events';
export type { FitOptions } from './fit-options';
export { HarmonicMLP, type HiddenBlock } from './harmonic-mlp';
export type { OptimizerSettings } from './optimizer-settings';
export { inspectModelFile, type ModelFileInfo } from './progress';
export type { SummaryOptions } from './summary';

export {
  type Checkpoint,
  inspectModelFile,
  type ModelFileInfo,
  type OptimizerSettings,
  type Progress,
  readCheckpoint,
  type SavedSchedule,
  type StoredTensor,
} from './checkpoint';
export type {
  BatchForm,
  BatchRequest,
  ExampleArrays,
  ExampleSource,
  Examples,
  ExampleTensors,
  UnusableTarget,
} from './data';
export { HarmonicMLP } from './harmonic-mlp';
export {
  type Activation,
  activations,
  type BatchNormLayer,
  type DenseLayer,
  type HarmonicMLPConfig,
  type HarmonicMLPOptions,
  type HiddenBlock,
  type Model,
  Network,
  resolveConfig,
  type SummaryOptions,
} from './model';
export type { EpochRecord, Evaluation, Position } from './records';
export {
  type AccuracyOf,
  accuracy,
  type Batch,
  type BatchSource,
  classification,
  type Metric,
  type Task,
} from './tasks';
export * from './training';

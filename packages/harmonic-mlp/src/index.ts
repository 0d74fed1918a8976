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
  ExampleValues,
  Numbers,
  UnusableTarget,
} from './data';
export { HarmonicMLP, type ValueOptions } from './harmonic-mlp';
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
  type Norm,
  type RegressionLoss,
  resolveConfig,
  type SummaryOptions,
  type TaskName,
} from './model';
export type { EpochRecord, Evaluation, Position } from './records';
export {
  type AccuracyOf,
  accuracy,
  type Batch,
  type BatchSource,
  classification,
  type Metric,
  type MultiLabelBatch,
  multiLabel,
  type RegressionBatch,
  type RegressionOptions,
  regression,
  type TargetScaling,
  type Task,
} from './tasks';
export * from './training';

export type { Numbers } from '@harmonic-mlp/core';
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
  UnusableTarget,
} from './data';
export type { ForDataOptions } from './for-data';
export { HarmonicMLP, type ValueOptions } from './harmonic-mlp';
export {
  type Activation,
  activations,
  type BatchNormLayer,
  type DataUnits,
  type DenseLayer,
  type HarmonicMLPConfig,
  type HarmonicMLPOptions,
  type HiddenBlock,
  type LayerNormLayer,
  type Model,
  type ModelConcern,
  Network,
  type Norm,
  type RegressionLoss,
  resolveConfig,
  type SummaryOptions,
  type TaskName,
} from './model';
export { type Preset, type PresetName, presets } from './presets';
export type { EpochRecord, Evaluation, Position } from './records';
export {
  type AccuracyOf,
  accuracy,
  type Batch,
  type BatchSource,
  type ClassifierOptions,
  classification,
  classifier,
  type Metric,
  type MultiLabelBatch,
  multiLabel,
  precision,
  type RegressionBatch,
  type RegressionOptions,
  recall,
  regression,
  type TargetBatch,
  type TargetScaling,
  type Task,
  topK,
} from './tasks';
export * from './training';

export type { DenseLayer } from '@harmonic-mlp/harmonic-layer';
export type { BatchNormLayer } from './batch-norm-layer';
export {
  type Activation,
  activations,
  encodedSizeOf,
  type HarmonicMLPConfig,
  type HarmonicMLPOptions,
  hyperparametersOf,
  type Norm,
  outputSizeOf,
  periodTexts,
  type RegressionLoss,
  resolveConfig,
  type TaskName,
} from './config';
export type { DataUnits } from './data-units';
export type { LayerNormLayer } from './layer-norm-layer';
export { type Model, type ModelConcern, requireModel } from './model';
export { modelSettings } from './model-settings';
export { type HiddenBlock, Network } from './network';
export { type SummaryOptions, summarize } from './summary';

export {
  type Activation,
  type ActivationInputs,
  type ActivationName,
  type ActivationVectors,
  activations,
  cosine,
  fan,
  finer,
  gauss,
  gelu,
  harmonic,
  harmonicGelu,
  harmonicRelu,
  hosc,
  hSiren,
  type Layout,
  layoutOf,
  leakyRelu,
  linear,
  outputOf,
  phasedHarmonic,
  registerActivation,
  relu,
  sigmoid,
  silu,
  sinc,
  sineRelu,
  siren,
  snake,
  staf,
  tanh,
  wire,
} from './activations';
export { DenseLayer, type DenseLayerOptions } from './dense-layer';
export type { EntryWithNumbers } from './entry-text';
export {
  type FourierEncoding,
  FourierFeatures,
  type FourierFeaturesOptions,
  fourierEncodings,
  parseFourierFeatures,
} from './fourier';
export { HarmonicLayer, type HarmonicLayerConfig, type HarmonicLayerOptions } from './harmonic-layer';
export {
  type Hyperparameter,
  type Hyperparameters,
  type HyperparameterValues,
  resolveHyperparameters,
} from './hyperparameters';
export {
  fanInUniform,
  frequencyScaledWeights,
  type InitialWeights,
  type LayerShape,
  sirenWeights,
  uniformWeights,
} from './initializer';
export { requireInput } from './input';
export {
  type LayerConstants,
  LayerDefinition,
  type LayerDefinitionOptions,
  type WeightDefinition,
} from './layer-definition';
export { type LayerOptions, type OptionsTaker, resolveLayer, type UnitOptions } from './layer-options';
export { makeLayer } from './make-layer';
export {
  cappedHarmonicSeries,
  type PeriodDistribution,
  type PeriodOptions,
  type Periods,
  parsePeriods,
  periods,
  registerPeriods,
} from './periods';
export { type PeriodProposal, type ProposalData, type ProposalOptions, proposePeriods } from './proposal';
export { requireRegistered, type SavedUnits } from './registered';

export * from './adam';
export * from './frequency-aware-optimizer';
export * from './learning-rate';
export { makeOptimizer } from './make-optimizer';
export type { NamedGradients } from './named-gradients';
export * from './optimizer-state';
export {
  type CheckedSettings,
  type OptimizerDefinition,
  type OptimizerName,
  type OptimizerSetting,
  type OptimizerSettings,
  optimizers,
} from './optimizers';
export * from './reduce-lr-on-plateau';
export { requireOptimizer } from './require-optimizer';
export * from './schedules';
export { asOptimizer, type TransformOptimizer, type TransformOptimizerOptions } from './transform-optimizer';
export {
  type AdamMomentsOptions,
  addDecayedWeights,
  byGroup,
  chain,
  clipByGlobalNorm,
  clipByValue,
  type FreqScale,
  floatPrecision,
  type HarmonicUnits,
  type MomentumOptions,
  momentum,
  type ParameterState,
  type ParameterUpdate,
  type PeriodsOf,
  requireEpsilon,
  type ScaleByPeriodsOptions,
  type ScaleOf,
  scaleByAdam,
  scaleByLearningRate,
  scaleByPeriods,
  type Transform,
} from './transforms';

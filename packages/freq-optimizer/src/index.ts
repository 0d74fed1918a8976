export * from './adam';
export type { AdamMomentsOptions } from './adam-moments';
export { floatPrecision, requireEpsilon } from './float-precision';
export * from './frequency-aware-optimizer';
export * from './learning-rate';
export type { NamedGradients } from './named-gradients';
export * from './optimizer-state';
export * from './optimizers';
export type { HarmonicUnits, PeriodsOf, ScaleOf } from './period-factors';
export * from './reduce-lr-on-plateau';
export { requireOptimizer } from './require-optimizer';
export * from './schedules';
export { asOptimizer, type TransformOptimizer, type TransformOptimizerOptions } from './transform-optimizer';
export {
  addDecayedWeights,
  byGroup,
  chain,
  clipByGlobalNorm,
  clipByValue,
  type MomentumOptions,
  momentum,
  type ParameterState,
  type ParameterUpdate,
  type ScaleByPeriodsOptions,
  scaleByAdam,
  scaleByLearningRate,
  scaleByPeriods,
  type Transform,
} from './transforms';

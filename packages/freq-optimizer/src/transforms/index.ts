export {
  type AdamMomentsOptions,
  type AdamState,
  fusedStep,
  initMoments,
  requireMomentsOptions,
} from './adam-moments';
export { addDecayedWeights } from './add-decayed-weights';
export { byGroup } from './by-group';
export { chain, requireTransform } from './chain';
export { clipByGlobalNorm } from './clip-by-global-norm';
export { clipByValue } from './clip-by-value';
export { defaultEpsilon, floatPrecision, requireEpsilon } from './float-precision';
export type { Applied, Plan } from './fusible';
export { type MomentumOptions, momentum } from './momentum';
export {
  type HarmonicUnits,
  keepFraction,
  PeriodFactors,
  type PeriodsOf,
  type ScaleOf,
} from './period-factors';
export { planOf } from './plan';
export { scaleByAdam } from './scale-by-adam';
export { scaleByLearningRate } from './scale-by-learning-rate';
export { type FreqScale, type ScaleByPeriodsOptions, scaleByPeriods } from './scale-by-periods';
export { cloneState, type ParameterState, type ParameterUpdate, type Transform } from './transform';

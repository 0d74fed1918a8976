export { addDecayedWeights } from './add-decayed-weights';
export { byGroup } from './by-group';
export { chain, requireTransform } from './chain';
export { clipByGlobalNorm } from './clip-by-global-norm';
export { clipByValue } from './clip-by-value';
export { type MomentumOptions, momentum } from './momentum';
export { planOf } from './plan';
export { scaleByAdam } from './scale-by-adam';
export { scaleByLearningRate } from './scale-by-learning-rate';
export { type ScaleByPeriodsOptions, scaleByPeriods } from './scale-by-periods';
export {
  type Applied,
  cloneState,
  type ParameterState,
  type ParameterUpdate,
  type Plan,
  runAll,
  type Transform,
} from './transform';

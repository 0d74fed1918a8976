export * from './adam';
export { floatPrecision, requireEpsilon } from './float-precision';
export * from './frequency-aware-optimizer';
export * from './learning-rate';
export type { NamedGradients } from './named-gradients';
export * from './optimizer-state';
export * from './reduce-lr-on-plateau';
export { requireOptimizer } from './require-optimizer';
export type { ScaleOf } from './scaled-gradients';

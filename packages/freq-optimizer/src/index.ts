export * from './adam';
export * from './frequency-aware-optimizer';
export * from './learning-rate';
export type { NamedGradients } from './named-gradients';
export * from './optimizer-state';
export * from './reduce-lr-on-plateau';
export type { ScaleOf } from './scaled-gradients';

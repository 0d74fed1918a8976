export type { Callback, CallbackState, Run } from './callback';
export * from './callbacks';
export { createOptimizer, type OptimizerOptions } from './create-optimizer';
export { type EvaluateOptions, evaluate } from './evaluate';
export type {
  CaptureEvent,
  Checkpointer,
  EndEvent,
  EvaluateEvent,
  MetricsEvent,
  RunSettings,
  StartEvent,
  StepEvent,
  WarningEvent,
} from './events';
export { fit } from './fit';
export type { FitOptions } from './fit-options';
export { type BatchGradients, Learner } from './learner';
export type { FitResult } from './loop';
export {
  type LrRangeTestOptions,
  lrRangeTest,
  type RangeTestPoint,
  type RangeTestResult,
} from './lr-range-test';
export type { RateSuggestions } from './rate-suggestions';
export { type ScheduleOption, scheduleNames } from './schedule';
export type { Threads } from './step-threads';

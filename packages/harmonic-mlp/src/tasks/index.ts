export { type AccuracyOf, accuracy, type Batch, type BatchSource, classification } from './classification';
export { lossOf, requireMetrics, requireTask, sumOf } from './require-task';
export type { Metric, Task } from './task';

export { type AccuracyOf, accuracy, type Batch, type BatchSource, classification } from './classification';
export type { Metric, Task } from './task';

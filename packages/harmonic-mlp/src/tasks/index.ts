export {
  type AccuracyOf,
  accuracy,
  type Batch,
  type BatchSource,
  type ClassifierOptions,
  classification,
  classifier,
} from './classification';
export { precision, recall, topK } from './classification-metrics';
export { type MultiLabelBatch, multiLabel } from './multi-label';
export {
  type RegressionBatch,
  type RegressionOptions,
  regression,
  type TargetScaling,
} from './regression';
export { lossOf, requireMetrics, requireTask, sumOf } from './require-task';
export { targetForm } from './target-form';
export type { TargetBatch } from './targets';
export { type Metric, metricValue, type Task } from './task';

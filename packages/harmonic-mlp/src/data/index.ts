export { ArraySource, type ExampleValues, isExampleValues, type TargetForm } from './array-source';
export {
  type BatchForm,
  type BatchRequest,
  checkedBatches,
  disposeBatch,
  type ExampleArrays,
  type ExampleSource,
  type Examples,
  type ExampleTensors,
  requireSource,
  tensorsOf,
} from './batch-source';
export type { EpochBatch } from './epoch-batch';
export {
  batchesInOrder,
  type EpochCutting,
  type EpochSteps,
  epochBatches,
  epochSteps,
  stepsPerEpoch,
} from './epoch-batches';
export {
  type FindUnusableTarget,
  findUnusableData,
  type UnusableData,
  type UnusableTarget,
} from './unusable-data';

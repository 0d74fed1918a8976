export {
  type BatchForm,
  type BatchRequest,
  checkedBatches,
  disposeBatch,
  type ExampleSource,
  type Examples,
  requireSource,
} from './batch-source';
export { type EpochCutting, epochBatches, stepsPerEpoch } from './epoch-batches';
export { type FindUnusableTarget, findUnusableData, type UnusableTarget } from './unusable-data';

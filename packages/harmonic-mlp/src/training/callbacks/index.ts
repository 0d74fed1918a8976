export { type CheckpointingOptions, checkpointing, type SavedCheckpoint } from './checkpointing';
export { type EarlyStoppingOptions, earlyStopping } from './early-stopping';
export { type ProgressOptions, progress } from './progress';
export { type WeightAveragingOptions, weightAveraging } from './weight-averaging';

export { type CheckpointingOptions, checkpointing, type SavedCheckpoint } from './checkpointing';
export { divergenceGuard, type FindFault } from './divergence-guard';
export { type EarlyStoppingOptions, earlyStopping } from './early-stopping';
export { epochSchedule } from './epoch-schedule';
export { type ProgressOptions, progress } from './progress';
export { stepSchedule } from './step-schedule';
export { type WeightAveragingOptions, weightAveraging } from './weight-averaging';

import type { LearningRateSchedule } from '@harmonic-mlp/freq-optimizer';
import type { Callback } from '../callback';

/** Lets a schedule that steps by epochs, such as `ReduceLROnPlateau`, have each epoch's training loss. */
export const epochSchedule = (schedule: LearningRateSchedule): Callback => ({
  name: 'epochSchedule',
  onEpoch: ({ trainLoss }) => schedule.step(trainLoss),
});

import type { LearningRateSchedule } from '@harmonic-mlp/freq-optimizer';
import type { Callback } from './callback';

/** Passes each epoch's training loss to a schedule that steps by epochs, such as `ReduceLROnPlateau`. */
export const epochSchedule = (schedule: LearningRateSchedule): Callback => ({
  name: 'epochSchedule',
  onEpoch: ({ trainLoss }) => schedule.step(trainLoss),
});

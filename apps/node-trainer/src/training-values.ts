import type { SettingValues } from 'harmonic-mlp/settings';
import type { BackendOptions } from './backends';
import type { DataSource } from './data';

/** All settings of a run, with types for those that this program reads itself. */
export interface TrainingValues extends SettingValues, DataSource, BackendOptions<'auto'> {
  epochs: number;
  batchSize: number;
  learningRate: number;
  seed: number;
  threads: number | 'auto';
  validation?: number;
  checkpointSteps?: number;
  checkpointSeconds: number;
  keep: number;
  [name: string]: unknown;
}

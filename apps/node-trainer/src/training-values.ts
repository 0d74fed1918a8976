import type { SettingValues } from 'harmonic-mlp/settings';
import type { BackendOptions } from './backends';
import type { DataSource } from './data';

/** The settings of a run, complete; those that this program reads itself have their types. */
export interface TrainingValues extends SettingValues, DataSource, BackendOptions<'auto'> {
  epochs: number;
  batchSize: number;
  learningRate: number;
  seed: number;
  validation?: number;
  [name: string]: unknown;
}

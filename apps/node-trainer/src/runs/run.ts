import type { SettingValues } from 'harmonic-mlp/settings';
import type { RunEventName } from '../run-recorder';
import type { AnyRecord, MeasuredOn, Scoring } from '../scoring';

/**
 * How a run stands:
 *
 * - `running`: a live process has its folder locked;
 * - `finished`: it trained for all its epochs;
 * - `failed`: an error ended it;
 * - `interrupted`: it was stopped, or its process is gone.
 */
export type RunState = 'running' | 'interrupted' | 'finished' | 'failed';

/** A line of a run's `events.jsonl`; the other fields depend on the event. */
export interface RunEvent {
  /** ISO 8601, in UTC. */
  time: string;
  event: RunEventName;
  [field: string]: unknown;
}

/** What a run's `config.json` says besides the settings; runs of earlier versions have less. */
export interface RunConfig {
  backend?: string;
  /** The backend in words. */
  computes?: string;
  /** The SIMD level of this project's kernels, if it used them. */
  simd?: string;
  /** The name of the processor or graphics adapter. */
  device?: string;
  versions?: Record<string, string>;
  platform?: string;
  machine?: { processor?: string; cores?: number; memoryBytes?: number };
  /** Whether its steps were executed as a program, and why not. */
  captured?: boolean;
  notCaptured?: string;
  threads?: number;
  data?: { training?: number; validation?: number; test?: number };
}

/** A score, and the epoch after which the model had it. */
export interface EpochScore {
  epoch: number;
  score: number;
}

/** A file in a run's folder, or a folder in it with all that it holds. */
export interface RunFile {
  /** Relative to the folder of the run; that of a folder ends with `/`. */
  name: string;
  bytes: number;
}

/** A file of a run that cannot be read, or not all of it. */
export interface Damage {
  /** Its path. */
  file: string;
  /** What is wrong, as a sentence. */
  problem: string;
}

/** All that the folder of a run tells. */
export interface Run {
  folder: string;
  state: RunState;
  /** The process that trains it, if one does. */
  owner?: { pid?: number; host?: string };
  /** Empty if they are lost. */
  settings: SettingValues;
  config: RunConfig;
  /** Its finished epochs. */
  history: readonly AnyRecord[];
  events: readonly RunEvent[];
  scoring: Scoring;
  measuredOn: MeasuredOn;
  /** After the epoch with the best score; undefined before any. */
  best?: EpochScore;
  /** After the last epoch. */
  last?: EpochScore;
  /** The time of its epochs, in seconds. */
  seconds: number;
  /** When it was started, or as early as is known. */
  started?: Date;
  files: readonly RunFile[];
  damage: readonly Damage[];
}

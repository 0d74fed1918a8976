import type { SettingValues } from 'harmonic-mlp/settings';
import type { AnyRecord } from '../scoring';

/** A trial of a sweep: one configuration, trained with one seed. Plain JSON. */
export interface Trial {
  readonly id: string;
  /** All settings that differ from the defaults, the seed among them. */
  readonly settings: SettingValues;
  /** The fingerprint of the training data; default: any. */
  readonly dataFingerprint?: string;
}

/** What a trial reports after each epoch. */
export interface TrialProgress {
  readonly epoch: number;
  readonly epochs: number;
  /** The validation score of the epoch. */
  readonly score: number | null;
  readonly seconds: number;
  /** As {@link TrialResult.level}. */
  readonly level: string;
}

/** What two trials of the same settings and seed have in common to the bit, on the same backend and SIMD level. */
export interface ExactResult {
  /** The record of each epoch, without its time. */
  readonly history: readonly Omit<AnyRecord, 'seconds'>[];
  /** The SHA-256 of the last weights. */
  readonly weights: string;
}

/** The result of a trial. */
export interface TrialResult {
  /** The best validation score of an epoch. */
  readonly score: number;
  /** The epoch with that. */
  readonly epoch: number;
  readonly exact: ExactResult;
  /** What computed it, `wasm relaxed` or `wasm fixed`: trials on the same level give the same bits, except on graphics cards. */
  readonly level: string;
  readonly seconds: number;
}

/** What trains trials asks after each epoch: whether they go on. */
export type Verdict = 'continue' | 'stop';

/** What the process of a trial sends. */
export type TrialMessage =
  | { event: 'epoch'; progress: TrialProgress }
  | { event: 'warning'; text: string }
  | { event: 'finished'; result: TrialResult; stopped?: string }
  | { event: 'failed'; message: string; code?: string };

/** What it is sent. */
export type TrialOrder =
  | { order: 'train'; trial: Trial; folder: string; threads: number; offline?: boolean; level?: string }
  | { order: 'verdict'; verdict: Verdict }
  | { order: 'abort' };

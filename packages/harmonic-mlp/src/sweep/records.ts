import { HarmonicError } from '@harmonic-mlp/core';
import type { Values } from './axis';

/** What happens to a trial, as plain JSON for a ledger. A score that is not a finite number is null. */
export type TrialRecord = StartedRecord | ProgressRecord | EndRecord | FailedRecord;

/** A trial begins. */
export interface StartedRecord {
  /** What happens. */
  readonly event: 'started';
  /** The trial: `c3-s0` for configuration 3 and seed 0. */
  readonly trial: string;
  /** The number of its configuration, from 0. */
  readonly configuration: number;
  /** Its seed. */
  readonly seed: number;
  /** The values of its axes. */
  readonly values: Values;
}

/** A trial has been trained for another epoch. */
export interface ProgressRecord {
  /** What happens. */
  readonly event: 'progress';
  /** The trial. */
  readonly trial: string;
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Its score. */
  readonly score: number | null;
  /** Whether the trial is pruned because of it. */
  readonly pruned?: true;
}

/** A trial has been trained to its end, or until it was pruned. */
export interface EndRecord {
  /** What happens. */
  readonly event: 'finished' | 'pruned';
  /** The trial. */
  readonly trial: string;
  /** Its score. */
  readonly score: number | null;
  /** The epoch after which it was pruned. */
  readonly epoch?: number;
  /** What else `train` gave. */
  readonly result?: unknown;
}

/** The training of a trial has thrown. */
export interface FailedRecord {
  /** What happens. */
  readonly event: 'failed';
  /** The trial. */
  readonly trial: string;
  /** The message of the error. */
  readonly message: string;
}

/** A score as JSON has it. */
export const scoreInJson = (score: number): number | null => (Number.isFinite(score) ? score : null);

export const foreign = (record: unknown, problem: string): HarmonicError =>
  new HarmonicError('INVALID_DATA', {
    argument: 'earlier',
    value: record,
    problem,
    fix: 'Pass the records of this sweep, all of them, in their order.',
  });

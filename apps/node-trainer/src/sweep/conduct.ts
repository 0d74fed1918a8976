import { join } from 'node:path';
import { type SettingValues, settings } from 'harmonic-mlp/settings';
import { type SweepResult, showEstimate, sweep, type TrialRecord } from 'harmonic-mlp/sweep';
import { settingWords } from '../options';
import { override } from '../run-settings';
import type { Scoring } from '../scoring';
import type { Ledger } from './ledger';
import { type SweepPlan, sweepFiles } from './plan';
import type { ShownTrial, SweepReport, SweepState } from './report';
import type { Trial, TrialProgress, TrialResult, Verdict } from './trial';

/** Trains a trial, in another process or on another machine. */
export type TrainTrial = (
  trial: Trial,
  context: {
    /** The folder of its run. */
    folder: string;
    onProgress(progress: TrialProgress): Promise<Verdict>;
    onWarning(text: string): void;
    signal: AbortSignal;
  },
) => Promise<{ result: TrialResult; stopped?: string }>;

/** How a sweep is trained. */
export interface Conduct {
  folder: string;
  plan: SweepPlan;
  ledger: Ledger;
  /** What was recorded before the sweep was interrupted. */
  earlier: readonly TrialRecord[];
  scoring: Scoring;
  /** Trials at once. */
  jobs: number;
  trainTrial: TrainTrial;
  report: SweepReport;
  signal: AbortSignal;
}

/** All settings of a trial that differ from the defaults: those of the sweep that apply with its own values, these, and its seed. */
export const trialSettings = (plan: SweepPlan, values: SettingValues, seed: number): SettingValues => ({
  ...override(plan.settings, values),
  seed,
});

/** The values of a configuration as options: `--lr 0.001 --activation relu`. */
export const labelOf = (values: SettingValues): string => settingWords(values).join(' ');

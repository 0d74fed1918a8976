import { join, resolve } from 'node:path';
import type { SettingValues } from 'harmonic-mlp/settings';
import {
  type Axes,
  appliesBy,
  gridOf,
  type PruneName,
  type PruningOptions,
  type SweepResult,
  sweep,
  type TrialRecord,
} from 'harmonic-mlp/sweep';
import { presetFor } from '../data';
import { hasCode, type TrainerError } from '../errors';
import { settingWords } from '../options';
import { override, runSettings, settingOf } from '../run-settings';
import type { Scoring } from '../scoring';
import type { Ledger } from './ledger';
import { type SweepPlan, sweepFiles } from './plan';
import type { SweepReport, SweepState } from './report';
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

/** The values of a configuration as options: `--lr 0.001 --activation relu`. */
export const labelOf = (values: SettingValues): string => settingWords(values).join(' ');

/**
 * All settings of a trial that differ from the defaults, whatever the preset: those of the preset and of the sweep that apply with
 * its own values, these, and its seed.
 */
export function trialSettings(
  { preset, settings }: Pick<SweepPlan, 'preset' | 'settings'>,
  values: SettingValues,
  seed: number,
): SettingValues {
  const own = override(settings, values);
  return { ...presetFor(datasetOf(own), preset, own), ...own, seed };
}

/** The settings that train a configuration on all training examples. */
export function settingsToTrain(
  plan: Pick<SweepPlan, 'preset' | 'settings'>,
  values: SettingValues,
): SettingValues {
  const { validation: _, keep: __, seed: ___, backend, ...settings } = trialSettings(plan, values, 0);
  return { ...settings, ...(![undefined, 'wasm'].includes(backend as string) && { backend }) };
}

/** The data set, on which settings depend, if they leave it out. */
const datasetOf = ({ dataset = settingOf('dataset').type.default }: SettingValues) => String(dataset);

/** Whether an axis applies, given the other values and the plan's settings. */
export function axisApplies({ preset, settings }: Pick<SweepPlan, 'preset' | 'settings'>) {
  const dataset = datasetOf(settings);
  return appliesBy(runSettings, { dataset, ...presetFor(dataset, preset, settings), ...settings });
}

/** What a plan is for the library. */
const optionsOf = (plan: SweepPlan) => ({
  axes: plan.axes as Axes,
  seeds: plan.seeds,
  search: plan.search,
  trials: plan.trials,
  seed: plan.searchSeed,
  prune: plan.prune as PruneName,
  pruning: plan.pruning as PruningOptions,
  goal: plan.goal,
  applies: axisApplies(plan),
});

/**
 * @param isNew whether each axis must apply to a configuration; not asked of a sweep that has begun, since earlier versions did not ask.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for what a file may have that no sweep has.
 */
export async function requirePlan(plan: SweepPlan, { isNew }: { isNew: boolean }): Promise<void> {
  const { applies, ...options } = optionsOf(plan);
  const asked = isNew ? { applies } : {};
  await sweep({ ...options, ...asked, signal: AbortSignal.abort(), train: () => 0 });
}

/** Trains the trials of a sweep, each recorded in its ledger before what it tells takes effect. */
export async function conduct({
  folder,
  plan,
  ledger,
  earlier,
  scoring,
  jobs,
  trainTrial,
  report,
  signal,
}: Conduct): Promise<SweepResult> {
  const standing = new Standing(plan, scoring, earlier);
  /** Aborted with the error that no other trial would be spared. */
  const broken = new AbortController();
  const result = await sweep({
    ...optionsOf(plan),
    jobs,
    signal: AbortSignal.any([signal, broken.signal]),
    earlier,
    async onRecord(record) {
      await ledger.append({ ...record });
      standing.take(record);
      if (record.event === 'started' || record.event === 'progress') return;
      const { label, values, seed } = standing.trial(record.trial);
      const shown = { id: record.trial, label, values, seed };
      if (record.event === 'failed') {
        report.ended(shown, { state: 'failed', message: record.message }, standing.state());
        return;
      }
      const { epoch: best, seconds } = Object(record.result) as Partial<TrialResult>;
      const epoch = record.event === 'pruned' ? record.epoch : best;
      const end = { state: record.event, score: record.score ?? undefined, epoch, seconds };
      report.ended(shown, end, standing.state());
    },
    async train({ id, values, seed, report: tell, signal: own }) {
      const shown = { id, label: labelOf(values), values, seed };
      report.started(shown);
      const trial = {
        id,
        settings: trialSettings(plan, values, seed),
        dataFingerprint: plan.dataFingerprint,
      };
      const { result } = await trainTrial(trial, {
        folder: join(folder, sweepFiles.trials, id),
        async onProgress(progress) {
          report.progress(shown, progress);
          const { epoch, epochs } = progress;
          return await tell({ epoch, score: progress.score ?? Number.NaN, isLast: epoch >= epochs });
        },
        onWarning: (text) => report.warn(`${id}: ${text}`),
        signal: own,
      }).catch((error) => {
        if (hasCode(error, 'UNWRITABLE')) broken.abort(error);
        throw error;
      });
      return { ...result };
    },
  }).catch((error) => {
    const isForeign = hasCode(error, 'INVALID_DATA') && error.argument === 'earlier';
    if (!isForeign) throw error;
    const fix = 'Restore the ledger of this sweep, or start another one.';
    throw error.with({ file: resolve(folder, sweepFiles.ledger), fix });
  });
  if (broken.signal.aborted) {
    const fix = 'Make room, and resume the sweep: what has ended is not trained again.';
    throw (broken.signal.reason as TrainerError).with({ fix });
  }
  return result;
}

/** The number of trials of a sweep; fewer if a random search runs out of configurations. */
export const totalOf = (plan: SweepPlan): number =>
  plan.seeds.length *
  (plan.search === 'grid' ? gridOf(plan.axes as Axes, axisApplies(plan)).length : plan.trials!);

/** A trial that was started. */
interface StandingTrial {
  configuration: number;
  values: SettingValues;
  label: string;
  seed: number;
  score?: number;
  hasEnded: boolean;
  isPruned: boolean;
}

/** How far a sweep is, for its report. */
export class Standing {
  readonly #seeds: readonly number[];
  readonly #scoring: Scoring;
  readonly #trials = new Map<string, StandingTrial>();
  #failed = 0;
  readonly #total: number;

  constructor(plan: SweepPlan, scoring: Scoring, earlier: readonly TrialRecord[]) {
    this.#seeds = plan.seeds;
    this.#total = totalOf(plan);
    this.#scoring = scoring;
    for (const record of earlier) this.take(record);
  }

  trial(id: string): Pick<StandingTrial, 'label' | 'values' | 'seed'> {
    return this.#trials.get(id)!;
  }

  take(record: TrialRecord): void {
    if (record.event === 'started') {
      const { trial, configuration, values, seed } = record;
      const isPruned = false;
      this.#trials.set(trial, {
        ...{ configuration, values, seed, isPruned },
        label: labelOf(values),
        hasEnded: false,
      });
      return;
    }
    if (record.event === 'progress') return;
    const trial = this.#trials.get(record.trial);
    if (trial === undefined) return;
    trial.hasEnded = true;
    trial.isPruned = record.event === 'pruned';
    if (record.event === 'failed') this.#failed++;
    else if (record.event === 'finished') trial.score = record.score ?? undefined;
  }

  state(): SweepState {
    const all = [...this.#trials.values()];
    return {
      done: all.filter(({ hasEnded }) => hasEnded).length,
      failed: this.#failed,
      total: this.#total - this.#skipped(all),
      best: this.#best(),
    };
  }

  /** The trials that are not trained because the first seed of their configuration was pruned. */
  #skipped(all: readonly StandingTrial[]): number {
    const pruned = all.filter(({ isPruned, seed }) => isPruned && seed === this.#seeds[0]);
    return pruned.reduce((sum, { configuration }) => {
      const started = all.filter((trial) => trial.configuration === configuration).length;
      return sum + this.#seeds.length - started;
    }, 0);
  }

  #best(): SweepState['best'] {
    const scores = new Map<string, number[]>();
    for (const { label, score } of this.#trials.values())
      if (score !== undefined) scores.set(label, [...(scores.get(label) ?? []), score]);
    const means = [...scores].map(([label, own]) => ({
      label,
      mean: own.reduce((a, b) => a + b, 0) / own.length,
    }));
    const { isBetter, main } = this.#scoring;
    const best = means.reduce<(typeof means)[number] | undefined>(
      (a, b) => (a === undefined || isBetter(b.mean, a.mean) ? b : a),
      undefined,
    );
    return best && { label: best.label, text: main.text(best.mean) };
  }
}

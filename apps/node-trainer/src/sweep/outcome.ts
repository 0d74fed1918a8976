import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HarmonicMLP } from 'harmonic-mlp';
import type { SettingValues } from 'harmonic-mlp/settings';
import { type ConfigurationResult, estimate, type SweepResult } from 'harmonic-mlp/sweep';
import { withBackend } from '../backends';
import { commandLine } from '../command-line';
import type { Dataset } from '../data';
import { hasCode } from '../errors';
import { prepareExperiment, resolveValues } from '../experiment';
import { readModelFile, runFiles } from '../run-folder';
import { decode } from '../saved-run';
import type { Scoring } from '../scoring';
import { decisiveSettings, trainWords } from '../train-command';
import { withSpaces } from '../wrapped';
import { settingsToTrain, trialSettings } from './conduct';
import { type SweepPlan, sweepFiles } from './plan';

/** A mean over the seeds with its 95 % interval. */
export interface Interval {
  readonly mean: number;
  /** The half width; null for one seed. */
  readonly margin: number | null;
  readonly values: readonly number[];
}

/** What a sweep has found, as its result file and `--json` have it. */
export interface Outcome {
  readonly trials: number;
  readonly failed: number;
  readonly pruned: number;
  /** Results of workers that differ from an earlier one of the same trial, which they should not. */
  readonly differences: readonly object[];
  readonly configurations: readonly ShownConfiguration[];
  readonly best: (ShownConfiguration & { readonly test?: TestResult; readonly command: string }) | null;
}

/** A configuration with its scores. */
export interface ShownConfiguration {
  readonly values: SettingValues;
  readonly state: ConfigurationResult['state'];
  readonly mean: number | null;
  /** The half width of the 95 % interval; null for one seed. */
  readonly margin: number | null;
  /** By seed; null for a trial that failed. */
  readonly scores: readonly (number | null)[];
  readonly seeds: readonly number[];
  readonly trials: readonly string[];
  readonly message?: string;
}

/** The metrics on the test examples. */
export type TestResult = Readonly<Record<string, Interval>>;

/**
 * What a sweep has found.
 *
 * @param test the metrics of the best configuration on the test examples.
 */
export function outcomeOf(
  plan: SweepPlan,
  { configurations, best, trials, failed, pruned }: SweepResult,
  { test, differences = [] }: { test?: TestResult; differences?: readonly object[] } = {},
): Outcome {
  const shown = (each: ConfigurationResult) => shownConfiguration(plan, each);
  return {
    trials,
    failed,
    pruned,
    differences,
    configurations: configurations.map(shown),
    best: best === undefined ? null : { ...shown(best), test, command: commandOf(plan, best.values) },
  };
}

const shownConfiguration = (
  { seeds }: SweepPlan,
  { values, state, mean, margin, scores, trials, message }: ConfigurationResult,
): ShownConfiguration => ({
  values,
  state,
  mean: finite(mean),
  margin: finite(margin),
  scores: scores.map((score) => score ?? null),
  seeds,
  trials,
  message,
});

const finite = (value: number) => (Number.isFinite(value) ? value : null);

/** The command that trains a configuration on all training examples. */
const commandOf = (plan: SweepPlan, values: SettingValues): string =>
  withSpaces(commandLine('train', ...trainWords(decisiveSettings(settingsToTrain(plan, values)))));

/** The metrics on the test examples that an earlier end of the same sweep has found, if nothing has been trained since. */
export async function knownTest(folder: string, outcome: Outcome): Promise<TestResult | undefined> {
  const text = await readFile(join(folder, sweepFiles.result), 'utf8').catch(() => '{}');
  const scoresOf = ({ configurations }: Partial<Outcome>) => JSON.stringify(configurations);
  try {
    const known = JSON.parse(text) as Outcome;
    return scoresOf(known) === scoresOf(outcome) ? known.best?.test : undefined;
  } catch {
    return undefined;
  }
}

/** The trials of the best configuration whose best model is missing or damaged. */
export async function trialsWithoutModel(folder: string, { trials }: ConfigurationResult): Promise<string[]> {
  const lacking: string[] = [];
  for (const trial of trials) {
    try {
      const { file, bytes } = await readModelFile(join(folder, sweepFiles.trials, trial, runFiles.best));
      decode(file, bytes);
    } catch (error) {
      if (!hasCode(error, 'INVALID_DATA', 'UNREADABLE')) throw error;
      lacking.push(trial);
    }
  }
  return lacking;
}

/**
 * The metrics of the best configuration on the test examples, which no trial has seen: of the model of each seed that was best on its
 * validation examples.
 */
export async function testBest(
  folder: string,
  plan: SweepPlan,
  best: ConfigurationResult,
  { scoring, offline }: { scoring: Scoring; offline?: boolean },
): Promise<TestResult> {
  const found: Record<string, number>[] = [];
  let data: Dataset | undefined;
  const kernels = plan.settings.kernels !== false;
  await withBackend({ backend: plan.settings.backend === 'cpu' ? 'cpu' : 'wasm', kernels }, async () => {
    for (const [i, seed] of plan.seeds.entries()) {
      const onCommandLine = trialSettings(plan, best.values, seed);
      // Images are the same for all seeds.
      if (data?.noun !== 'images') {
        const { values } = resolveValues({ onCommandLine, inFile: {} });
        data = (await prepareExperiment(values, { offline })).data;
      }
      const { file, bytes } = await readModelFile(join(folder, sweepFiles.trials, best.trials[i]));
      const model = HarmonicMLP.fromBytes(decode(file, bytes));
      try {
        const evaluation = await model.evaluate(data.test);
        found.push(
          Object.fromEntries(scoring.measures.map(({ name }) => [name, evaluation[name] ?? Number.NaN])),
        );
      } finally {
        model.dispose();
      }
    }
  });
  return Object.fromEntries(
    scoring.measures.map(({ name }) => {
      const { mean, margin, values } = estimate(found.map((each) => each[name]));
      return [name, { mean, margin: finite(margin), values }];
    }),
  );
}

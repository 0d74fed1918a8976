import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import {
  type AnyRecord,
  codeOf,
  sweepFiles as files,
  isRun,
  readLedger,
  readRun,
  reason,
  shown,
} from '@harmonic-mlp/node-trainer';
import type { PresetName } from 'harmonic-mlp';
import { presetNames, type SettingValues } from 'harmonic-mlp/settings';
import { estimate } from 'harmonic-mlp/sweep';
import { isObject, type Problems, readObject } from '../read-files';

/** An axis of a sweep: a list of values, or a range. */
export type SweepAxis =
  | readonly unknown[]
  | { readonly from: number; readonly to: number; readonly scale?: 'linear' | 'log' };

/** The plan in `sweep.json`. */
export interface SweepPlan {
  preset?: PresetName;
  settings: SettingValues;
  axes: Readonly<Record<string, SweepAxis>>;
  seeds?: readonly number[];
  search?: string;
  trials?: number;
  prune?: string;
  /** The metric that is the score. */
  metric: string;
  goal: 'maximize' | 'minimize';
  versions?: Record<string, string>;
}

/** What became of a trial, or of all trials of a configuration. */
export type State = 'complete' | 'pruned' | 'failed' | 'unfinished';

/** The training of one configuration with one seed. */
export interface Trial {
  /** Such as `c3-s0`. */
  id: string;
  /** The folder of its run. */
  folder: string;
  configuration: number;
  seed: number;
  values: SettingValues;
  state: State;
  history: readonly AnyRecord[];
  score?: number;
  /** Why it failed. */
  reason?: string;
}

/** Values of the axes, with the results of their trials. */
export interface Configuration {
  /** Its number, from 0. */
  number: number;
  values: SettingValues;
  trials: readonly Trial[];
  scores: readonly number[];
  mean?: number;
  /** Half the width of the 95% confidence interval of the mean, if there are several scores. */
  margin?: number;
  state: State;
}

/** All that the files of a sweep say. */
export interface Sweep {
  folder: string;
  name: string;
  plan: SweepPlan;
  /** The best first; those without a score last. */
  configurations: readonly Configuration[];
  trials: readonly Trial[];
  /** The best complete configuration or, as long as there is none, the best of the others. */
  best?: Configuration;
  /** The results of the best one on the test set, if it was chosen on other examples, by metric. */
  test: Readonly<Record<string, { mean: number; margin?: number }>>;
  isFinished: boolean;
  problems: Problems;
}

/**
 * The best trial of the best configuration, once the sweep is finished: until then, nothing is evaluated on the test examples.
 */
export function bestTrial({ best, plan, isFinished }: Sweep): Trial | undefined {
  if (!isFinished) return undefined;
  const sign = plan.goal === 'maximize' ? 1 : -1;
  return best?.trials
    .filter(({ state, score }) => state === 'complete' && score !== undefined)
    .sort((a, b) => sign * (b.score! - a.score!))[0];
}

/** Whether a folder is that of a sweep. */
export const isSweep = (folder: string): boolean =>
  [files.plan, files.ledger].some((file) => existsSync(join(folder, file)));

/** Reads the folder of a sweep. What is missing or damaged is among its problems. */
export async function readSweep(folder: string): Promise<Sweep> {
  const problems: Problems = [];
  const records = await readRecords(join(folder, files.ledger), problems);
  const recorded = records.find(({ event, plan }) => event === 'sweep' && isObject(plan))?.plan;
  const plan = planOf((await readObject(join(folder, files.plan), problems)) ?? recorded);
  const trials = await readTrials(folder, records, plan, problems);
  const result = await readObject(join(folder, files.result), problems, { optional: true });
  const configurations = ranked(configurationsOf(trials, statesIn(result)), plan.goal);
  return {
    folder,
    name: basename(resolve(folder)),
    plan,
    configurations,
    trials,
    best: configurations.find(({ state, mean }) => state !== 'failed' && mean !== undefined),
    test: testIn(result),
    isFinished: result !== undefined,
    problems,
  };
}

type LedgerRecord = Readonly<Record<string, unknown>>;

async function readRecords(file: string, problems: Problems): Promise<readonly LedgerRecord[]> {
  try {
    const { records, damaged } = await readLedger(file);
    if (damaged.length > 0) {
      const lines = new Intl.ListFormat('en').format(damaged.map(String));
      problems.push(`${shown(file)}: It is damaged in line ${lines}.`);
    }
    return records;
  } catch (error) {
    problems.push(
      `${shown(file)}: ${codeOf(error) === 'ENOENT' ? 'It is missing.' : `It cannot be read: ${reason(error)}.`}`,
    );
    return [];
  }
}

function planOf(content: unknown): SweepPlan {
  const { preset, settings, axes, seeds, search, trials, prune, metric, goal, versions } = Object(content);
  return {
    preset: presetNames.find((name) => name === preset),
    settings: isObject(settings) ? settings : {},
    axes: isObject(axes) ? Object.fromEntries(Object.entries(axes).filter(isAxis)) : {},
    seeds: Array.isArray(seeds) ? seeds.filter((seed) => Number.isInteger(seed)) : undefined,
    search: text(search),
    trials: finite(trials),
    prune: text(prune),
    metric: text(metric) ?? 'accuracy',
    goal: goal === 'minimize' ? 'minimize' : 'maximize',
    versions: isObject(versions) ? (versions as Record<string, string>) : undefined,
  };
}

const isAxis = (entry: [string, unknown]): entry is [string, SweepAxis] =>
  Array.isArray(entry[1]) ||
  (isObject(entry[1]) && [entry[1].from, entry[1].to].every((end) => typeof end === 'number'));

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** The trials of the ledger, and those that have only a folder. */
async function readTrials(
  folder: string,
  ledger: readonly LedgerRecord[],
  plan: SweepPlan,
  problems: Problems,
): Promise<Trial[]> {
  const folders: string[] = await readdir(join(folder, files.trials)).catch((error) => {
    problems.push(`${shown(join(folder, files.trials))}: It cannot be read: ${reason(error)}.`);
    return [];
  });
  const idsInLedger = ledger.flatMap(({ trial }) => text(trial) ?? []);
  const ids = [...new Set([...idsInLedger, ...folders])].flatMap((id) => {
    const [, configuration, seed] = /^c(\d+)-s(\d+)$/.exec(id) ?? [];
    return seed === undefined ? [] : [{ id, configuration: Number(configuration), seed: Number(seed) }];
  });
  const trials = await Promise.all(
    ids.map(async (each): Promise<Trial> => {
      const { id } = each;
      const records = ledger.filter(({ trial }) => trial === id);
      const last = records.at(-1);
      const state = stateOf(text(last?.event));
      const place = join(folder, files.trials, id);
      const run = (await isRun(place)) ? await readRun(place) : undefined;
      // A trial that is being trained, or has failed, need not have all files.
      if (state === 'complete') {
        for (const { file, problem } of run?.damage ?? []) problems.push(`${shown(file)}: ${problem}`);
        if (run === undefined) problems.push(`${shown(place)}: The run of the trial is missing.`);
      }
      const history = run?.history.length ? run.history : historyIn(records, plan.metric);
      const noted = records.find(({ values }) => isObject(values))?.values;
      return {
        ...each,
        folder: place,
        state,
        history,
        values: isObject(noted) ? noted : ofAxes(plan, run?.settings ?? {}),
        score: finite(last?.score) ?? bestScore(history, plan),
        reason: state === 'failed' ? text(last?.message) : undefined,
      };
    }),
  );
  return trials.sort((a, b) => a.configuration - b.configuration || a.seed - b.seed);
}

const ofAxes = ({ axes }: SweepPlan, settings: SettingValues): SettingValues =>
  Object.fromEntries(Object.keys(axes).flatMap((name) => (name in settings ? [[name, settings[name]]] : [])));

const stateOf = (event: string | undefined): State =>
  event === 'finished' ? 'complete' : event === 'failed' || event === 'pruned' ? event : 'unfinished';

const finite = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** The scores that a trial without a folder has reported. */
const historyIn = (records: readonly LedgerRecord[], metric: string): AnyRecord[] =>
  records.flatMap(({ event, epoch, score }) =>
    event === 'progress' && typeof epoch === 'number' && typeof score === 'number'
      ? [{ epoch, validation: { [metric]: score } } as unknown as AnyRecord]
      : [],
  );

/** The score of an epoch by the metric of a sweep. */
export const scoreIn = ({ validation, trainLoss }: AnyRecord, metric: string): number | undefined =>
  finite(metric === 'trainLoss' ? trainLoss : validation?.[metric]);

function bestScore(history: readonly AnyRecord[], { metric, goal }: SweepPlan): number | undefined {
  const scores = history.flatMap((record) => scoreIn(record, metric) ?? []);
  if (scores.length === 0) return undefined;
  return scores.reduce((a, b) => (goal === 'maximize' ? Math.max(a, b) : Math.min(a, b)));
}

/** The states in `result.json`, by the values of the axes. */
function statesIn(result: Record<string, unknown> | undefined): Map<string, State> {
  const listed = Array.isArray(result?.configurations) ? result.configurations.filter(isObject) : [];
  return new Map(
    listed.flatMap(({ values, state }) => {
      const known = (['complete', 'pruned', 'failed'] as const).find((each) => each === state);
      return isObject(values) && known !== undefined ? [[keyOf(values), known]] : [];
    }),
  );
}

/** The metrics on the test examples in `result.json`: intervals over seeds. */
function testIn(result: Record<string, unknown> | undefined): Sweep['test'] {
  const { test } = Object(result?.best) as { test?: unknown };
  return Object.fromEntries(
    Object.entries(Object(test) as object).flatMap(([name, value]) => {
      const { mean, margin } = Object(value) as { mean?: unknown; margin?: unknown };
      return typeof mean === 'number' ? [[name, { mean, margin: finite(margin) }]] : [];
    }),
  );
}

const keyOf = (values: SettingValues): string =>
  JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));

function configurationsOf(trials: readonly Trial[], states: Map<string, State>): Configuration[] {
  const numbers = [...new Set(trials.map(({ configuration }) => configuration))];
  return numbers.map((number) => {
    const own = trials.filter(({ configuration }) => configuration === number);
    const values = own.find((trial) => Object.keys(trial.values).length > 0)?.values ?? {};
    const ended = own.filter(({ state }) => state === 'complete' || state === 'pruned');
    const scores = (ended.length > 0 ? ended : own).flatMap(({ score }) => score ?? []);
    const state = states.get(keyOf(values)) ?? stateOfAll(own);
    const { mean, margin } = estimate(scores);
    return { number, values, trials: own, scores, mean: finite(mean), margin: finite(margin), state };
  });
}

/** The state of a configuration from those of its trials. */
function stateOfAll(trials: readonly Trial[]): State {
  const has = (state: State) => trials.some((trial) => trial.state === state);
  return has('failed') ? 'failed' : has('pruned') ? 'pruned' : has('unfinished') ? 'unfinished' : 'complete';
}

const order: readonly State[] = ['complete', 'pruned', 'unfinished', 'failed'];

/** Complete ones before others, each from the best to the worst. */
const ranked = (configurations: Configuration[], goal: SweepPlan['goal']): Configuration[] =>
  configurations.sort((a, b) => {
    const byState = order.indexOf(a.state) - order.indexOf(b.state);
    const worst = goal === 'maximize' ? -Infinity : Infinity;
    const difference = (b.mean ?? worst) - (a.mean ?? worst) || 0;
    return byState || (goal === 'maximize' ? difference : -difference) || a.number - b.number;
  });

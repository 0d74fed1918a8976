import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type AnyRecord, reason, runFiles, shown } from '@harmonic-mlp/node-trainer';
import type { SettingValues } from 'harmonic-mlp/settings';
import { isObject, type Problems, readLines, readObject } from '../read-files';
import { readHistory } from '../run';
import { estimate } from './estimate';

/** An axis of a sweep: a list of values, or a range. */
export type SweepAxis =
  | readonly unknown[]
  | { readonly from: number; readonly to: number; readonly scale?: 'linear' | 'log' };

/** The plan in `sweep.json`. */
export interface SweepPlan {
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
  /** The best complete configuration. */
  best?: Configuration;
  /** The results of the best one on the test set, if it was chosen on other examples. */
  test?: Record<string, unknown>;
  isFinished: boolean;
  problems: Problems;
}

const files = {
  plan: 'sweep.json',
  ledger: 'ledger.jsonl',
  trials: 'trials',
  result: 'result.json',
} as const;

/** Whether a folder is that of a sweep. */
export const isSweep = (folder: string): boolean =>
  [files.plan, files.ledger].some((file) => existsSync(join(folder, file)));

/** Reads the folder of a sweep. What is missing or damaged is among its problems. */
export async function readSweep(folder: string): Promise<Sweep> {
  const problems: Problems = [];
  const plan = await readPlan(join(folder, files.plan), problems);
  const trials = await readTrials(folder, plan, problems);
  const result = await readObject(join(folder, files.result), problems, { optional: true });
  const configurations = ranked(configurationsOf(trials, statesIn(result)), plan.goal);
  return {
    folder,
    name: basename(resolve(folder)),
    plan,
    configurations,
    trials,
    best:
      configurations.find(({ state, mean }) => state === 'complete' && mean !== undefined) ??
      configurations.find(({ mean, state }) => mean !== undefined && state !== 'failed'),
    test: isObject(result?.test) ? result.test : undefined,
    isFinished: result !== undefined,
    problems,
  };
}

async function readPlan(file: string, problems: Problems): Promise<SweepPlan> {
  const content = (await readObject(file, problems)) ?? {};
  const { settings, axes, seeds, search, trials, prune, metric, goal, versions } = content;
  if (Object.keys(content).length > 0 && !isObject(axes))
    problems.push(`${shown(file)} is damaged: it has no axes.`);
  return {
    settings: isObject(settings) ? settings : {},
    axes: isObject(axes) ? Object.fromEntries(Object.entries(axes).filter(isAxis)) : {},
    seeds: Array.isArray(seeds) ? seeds.filter((seed) => Number.isInteger(seed)) : undefined,
    search: text(search),
    trials: typeof trials === 'number' ? trials : undefined,
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
async function readTrials(folder: string, plan: SweepPlan, problems: Problems): Promise<Trial[]> {
  const ledger = await readLines(join(folder, files.ledger), problems);
  const folders: string[] = await readdir(join(folder, files.trials)).catch((error) => {
    problems.push(`${shown(join(folder, files.trials))} cannot be read: ${reason(error)}.`);
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
      const place = join(folder, files.trials, id);
      const records = ledger.filter(({ trial }) => trial === id);
      const hasFolder = folders.includes(id);
      const last = records.at(-1);
      const state = stateOf(text(last?.event));
      // A trial that has just started, or failed at once, has no files yet.
      const optional = state !== 'complete';
      const history = hasFolder
        ? await readHistory(join(place, runFiles.metrics), problems, optional)
        : historyIn(records, plan.metric);
      return {
        ...each,
        state,
        history,
        values: await valuesOf(records, hasFolder ? place : undefined, plan, problems),
        score: finite(last?.score) ?? bestScore(history, plan),
        reason:
          state === 'failed' ? (text(last?.error) ?? text(last?.reason) ?? text(last?.message)) : undefined,
      };
    }),
  );
  return trials.sort((a, b) => a.configuration - b.configuration || a.seed - b.seed);
}

const stateOf = (event: string | undefined): State =>
  event === 'finished' ? 'complete' : event === 'failed' || event === 'pruned' ? event : 'unfinished';

const finite = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** The scores that a trial without a folder has reported. */
const historyIn = (records: readonly Record<string, unknown>[], metric: string): AnyRecord[] =>
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

/** A trial's values of the axes, as the ledger or its own configuration says. */
async function valuesOf(
  records: readonly Record<string, unknown>[],
  folder: string | undefined,
  { axes }: SweepPlan,
  problems: Problems,
): Promise<SettingValues> {
  const noted = records.find(({ values }) => isObject(values))?.values;
  if (isObject(noted)) return noted;
  if (folder === undefined) return {};
  const config = await readObject(join(folder, runFiles.config), problems, { optional: true });
  const settings = isObject(config?.settings) ? config.settings : {};
  return Object.fromEntries(
    Object.keys(axes).flatMap((name) => (name in settings ? [[name, settings[name]]] : [])),
  );
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

const keyOf = (values: SettingValues): string =>
  JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));

function configurationsOf(trials: readonly Trial[], states: Map<string, State>): Configuration[] {
  const numbers = [...new Set(trials.map(({ configuration }) => configuration))];
  return numbers.map((number) => {
    const own = trials.filter(({ configuration }) => configuration === number);
    const values = own.find((trial) => Object.keys(trial.values).length > 0)?.values ?? {};
    const finished = own.filter(({ state }) => state === 'complete');
    const scores = (finished.length > 0 ? finished : own).flatMap(({ score }) => score ?? []);
    const state = states.get(keyOf(values)) ?? stateOfAll(own);
    return { number, values, trials: own, scores, ...(scores.length > 0 && estimate(scores)), state };
  });
}

/** The state of a configuration from those of its trials. */
function stateOfAll(trials: readonly Trial[]): State {
  const has = (state: State) => trials.some((trial) => trial.state === state);
  return has('failed') ? 'failed' : has('pruned') ? 'pruned' : has('unfinished') ? 'unfinished' : 'complete';
}

const order: readonly State[] = ['complete', 'unfinished', 'pruned', 'failed'];

/** Complete ones before others, each from the best to the worst. */
const ranked = (configurations: Configuration[], goal: SweepPlan['goal']): Configuration[] =>
  configurations.sort((a, b) => {
    const byState = order.indexOf(a.state) - order.indexOf(b.state);
    const worst = goal === 'maximize' ? -Infinity : Infinity;
    const difference = (b.mean ?? worst) - (a.mean ?? worst) || 0;
    return byState || (goal === 'maximize' ? difference : -difference) || a.number - b.number;
  });

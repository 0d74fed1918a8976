import { basename, join, resolve } from 'node:path';
import {
  type AnyRecord,
  bestOf,
  runFiles,
  type Scoring,
  scoreOf,
  scoringOf,
  shown,
} from '@harmonic-mlp/node-trainer';
import type { RangeTestResult, TaskName } from 'harmonic-mlp';
import type { SettingValues } from 'harmonic-mlp/settings';
import { isObject, type Problems, readLines, readObject } from '../read-files';

/** What `config.json` says about a run besides its settings. */
export interface RunConfig {
  model?: { task?: TaskName };
  data?: Record<string, unknown>;
  backend?: string;
  computes?: string;
  device?: string;
  versions?: Record<string, string>;
  platform?: string;
  [name: string]: unknown;
}

/** A line of `events.jsonl`. */
export interface RunEvent {
  time?: string;
  event: string;
  [name: string]: unknown;
}

/** All that the files of a run say, except for its models. */
export interface Run {
  folder: string;
  /** The name of its folder. */
  name: string;
  config: RunConfig;
  /** The resolved settings; empty if they are lost. */
  settings: SettingValues;
  scoring: Scoring;
  /** The examples that were evaluated after each epoch. */
  measuredOn: 'test' | 'validation';
  history: readonly AnyRecord[];
  best?: { score: number; epoch: number };
  events: readonly RunEvent[];
  rangeTest?: RangeTestResult;
  problems: Problems;
}

/** Other files that a run may have. */
const otherFiles = { events: 'events.jsonl', rangeTest: 'range-test.json' } as const;

/** The files by which a folder is recognized as that of a run. */
export const filesOfRun: readonly string[] = [...Object.values(runFiles), otherFiles.rangeTest];

/** Reads the folder of a run. What is missing or damaged is among its problems. */
export async function readRun(folder: string): Promise<Run> {
  const problems: Problems = [];
  const rangeTest = await readRangeTest(join(folder, otherFiles.rangeTest), problems);
  // A range test may have a folder of its own.
  const optional = rangeTest !== undefined;
  const file = join(folder, runFiles.config);
  const { settings, ...config } = (await readObject(file, problems, { optional })) ?? {};
  if (settings !== undefined && !isObject(settings))
    problems.push(`${shown(file)} is damaged: its settings are not an object.`);
  const history = await readHistory(join(folder, runFiles.metrics), problems, optional);
  const events = await readLines(join(folder, otherFiles.events), problems, { optional: true });
  const scoring = scoringOf(taskOf(config as RunConfig, history));
  return {
    folder,
    name: basename(resolve(folder)),
    config: config as RunConfig,
    settings: isObject(settings) ? settings : {},
    scoring,
    measuredOn: isObject(config.data) && config.data.validation !== undefined ? 'validation' : 'test',
    history,
    best: bestEpoch(scoring, history),
    events: events.filter((each): each is RunEvent => typeof each.event === 'string'),
    rangeTest,
    problems,
  };
}

/** By the configuration or, if that is lost, by what was measured. */
const taskOf = ({ model }: RunConfig, history: readonly AnyRecord[]): TaskName | undefined =>
  isObject(model)
    ? (model.task as TaskName | undefined)
    : history.some(({ validation }) => validation?.rmse !== undefined)
      ? 'regression'
      : undefined;

/** The epoch with the best score of a run. */
function bestEpoch(scoring: Scoring, history: readonly AnyRecord[]): Run['best'] {
  const score = bestOf(scoring, history);
  const record = history.find(({ validation }) => scoreOf(scoring, validation) === score);
  return score === undefined || record === undefined ? undefined : { score, epoch: record.epoch };
}

/** The records of a run's epochs. */
export async function readHistory(file: string, problems: Problems, optional = false): Promise<AnyRecord[]> {
  const lines = await readLines(file, problems, { optional });
  const records = lines.filter(({ epoch }) => Number.isInteger(epoch));
  if (records.length < lines.length)
    problems.push(`${shown(file)} holds lines that are not of an epoch, left out here.`);
  return records.map(
    ({ validation, trainMetrics, ...record }) =>
      ({
        ...record,
        validation: isObject(validation) ? validation : undefined,
        trainMetrics: isObject(trainMetrics) ? trainMetrics : undefined,
      }) as unknown as AnyRecord,
  );
}

async function readRangeTest(file: string, problems: Problems): Promise<RangeTestResult | undefined> {
  const content = await readObject(file, problems, { optional: true });
  if (content === undefined) return undefined;
  const { points, suggestions } = content;
  const isPoint = (point: unknown) =>
    isObject(point) && [point.learningRate, point.loss, point.smoothed].every(Number.isFinite);
  if (Array.isArray(points) && points.every(isPoint) && isObject(suggestions)) {
    return content as unknown as RangeTestResult;
  }
  problems.push(`${shown(file)} is damaged: it does not hold the points of a range test.`);
  return undefined;
}

import { basename, join, resolve } from 'node:path';
import {
  besideRun,
  isRun,
  type Run as RunOfFiles,
  readRun as readFiles,
  scoringOf,
  shown,
} from '@harmonic-mlp/node-trainer';
import type { RangeTestResult } from 'harmonic-mlp';
import { isObject, type Problems, readObject } from '../read-files';

/** A run to report. */
export interface Run extends RunOfFiles {
  /** The name of its folder. */
  name: string;
  rangeTest?: RangeTestResult;
  /** What is wrong with its files. */
  problems: Problems;
}

/** Reads the folder of a run, or of a range test. What is missing or damaged is among its problems. */
export async function readRun(folder: string): Promise<Run> {
  const run = (await isRun(folder)) ? await readFiles(folder) : withoutFiles(folder);
  const problems = run.damage.map(({ file, problem }) => `${shown(file)}: ${problem}`);
  const rangeTest = await readRangeTest(join(folder, besideRun.rangeTest), problems);
  return { ...run, name: basename(resolve(folder)), rangeTest, problems };
}

const withoutFiles = (folder: string): RunOfFiles => ({
  folder,
  state: 'finished',
  settings: {},
  config: {},
  history: [],
  events: [],
  scoring: scoringOf(),
  measuredOn: 'test',
  seconds: 0,
  files: [],
  damage: [],
});

async function readRangeTest(file: string, problems: Problems): Promise<RangeTestResult | undefined> {
  const content = await readObject(file, problems, { optional: true });
  if (content === undefined) return undefined;
  const { points, suggestions } = content;
  const isPoint = (point: unknown) =>
    isObject(point) && [point.learningRate, point.loss, point.smoothed].every(Number.isFinite);
  if (Array.isArray(points) && points.every(isPoint) && isObject(suggestions)) {
    return content as unknown as RangeTestResult;
  }
  problems.push(`${shown(file)}: It is damaged: it does not hold the points of a range test.`);
  return undefined;
}

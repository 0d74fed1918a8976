import { HarmonicError } from '@harmonic-mlp/core';
import { readLedger, type TrialResult } from '@harmonic-mlp/node-trainer';
import type { SettingValues } from 'harmonic-mlp/settings';
import type { EndRecord, FailedRecord, StartedRecord } from 'harmonic-mlp/sweep';
import type { Cell } from './cells';
import type { Comparison, Phase, Stage } from './comparisons';

/** The first line of a file of results. */
export interface StageRecord {
  readonly event: 'stage';
  readonly stage: Stage;
  readonly versions: Readonly<Record<string, string>>;
}

/** What a training gave. */
export interface Outcome {
  /** The accuracy after the last epoch, which no choice of an epoch has flattered, on what was not trained on. */
  readonly score: number;
  /** The accuracies and losses after all epochs. */
  readonly accuracies: readonly number[];
  readonly losses: readonly number[];
  readonly seconds: number;
  /** What computed it: trials on the same level give the same bits. */
  readonly level: string;
  /** Digits of the SHA-256 of the last weights. */
  readonly weights: string;
}

/** A line of a file of results: all but the first are records of the sweep. */
export type ResultRecord = StageRecord | StartedRecord | EndRecord | FailedRecord;

/** A training that has come to its end. */
export interface Result extends Outcome {
  readonly configuration: number;
  readonly values: SettingValues;
  readonly seed: number;
}

/** The results of a network in a comparison, of each phase as far as it has come. */
export type ResultsOf = (comparison: Comparison, cell: Cell, phase: Phase) => readonly Result[];

/** The file of a phase, relative to the folder of results. */
export const fileOf = (comparison: string, cell: string, phase: Phase): string =>
  `${comparison}/${cell}.${phase}.jsonl`;

/** What is kept of a trial's result. */
export function outcomeOf({ exact, level, seconds }: TrialResult) {
  const of = (name: string) => exact.history.map(({ validation }) => Number(validation?.[name]));
  const accuracies = of('accuracy');
  return {
    score: accuracies.at(-1)!,
    accuracies,
    losses: of('loss').map((loss) => Number(loss.toPrecision(6))),
    seconds: Number(seconds.toFixed(1)),
    level,
    weights: exact.weights.slice(0, 16),
  } satisfies Outcome;
}

/** The trainings that have come to their end. */
export function resultsOf(lines: readonly ResultRecord[]): Result[] {
  const started = new Map(lines.flatMap((line) => (line.event === 'started' ? [[line.trial, line]] : [])));
  return lines.flatMap((line): Result[] => {
    if (line.event !== 'finished') return [];
    const { configuration, values, seed } = started.get(line.trial)!;
    return [{ ...(line.result as Outcome), configuration, values: values as SettingValues, seed }];
  });
}

/** The configurations of which all seeds were trained to the end, the best mean accuracy first. */
export function ranked(results: readonly Result[], seeds: readonly number[]) {
  const numbers = [...new Set(results.map(({ configuration }) => configuration))];
  return numbers
    .flatMap((configuration) => {
      const own = results.filter((each) => each.configuration === configuration);
      const accuracies = seeds.flatMap((seed) => own.find((each) => each.seed === seed)?.score ?? []);
      if (accuracies.length < seeds.length) return [];
      const mean = accuracies.reduce((a, b) => a + b, 0) / seeds.length;
      return [{ values: own[0].values, accuracies, mean }];
    })
    .sort((a, b) => b.mean - a.mean);
}

/** The results in a file. @throws {HarmonicError} `INVALID_DATA` for damaged lines. */
export async function readResults(file: string): Promise<Result[]> {
  const { records, damaged } = await readLedger(file);
  requireWhole(file, damaged);
  return resultsOf(records as unknown as ResultRecord[]);
}

/** @throws {HarmonicError} `INVALID_DATA` for damaged lines. */
export function requireWhole(file: string, damaged: readonly number[]): void {
  if (damaged.length === 0) return;
  const problem = `It is damaged in line ${damaged.join(', ')}.`;
  throw new HarmonicError('INVALID_DATA', { argument: 'results', file, problem, fix });
}

/** The remedy for a file of results that cannot be used. */
export const fix = 'Restore the file, or remove it to train everything in it again.';

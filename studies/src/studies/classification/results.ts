import { HarmonicError } from '@harmonic-mlp/core';
import { readLedger, type TrialResult } from '@harmonic-mlp/node-trainer';
import type { SettingValues } from 'harmonic-mlp/settings';
import type { TrialRecord } from 'harmonic-mlp/sweep';
import type { Phase, Stage } from './comparisons';

/** The first line of a file of results. */
export interface StageRecord {
  readonly event: 'stage';
  readonly stage: Stage;
  readonly versions: Readonly<Record<string, string>>;
}

/** What became of a trial, with the accuracies and losses after its epochs, on what was not trained on. */
export interface EndedRecord {
  readonly event: 'finished' | 'pruned' | 'failed';
  readonly trial: string;
  readonly accuracies: readonly number[];
  readonly losses: readonly number[];
  readonly seconds?: number;
  /** What computed it: trials on the same level give the same bits. */
  readonly level?: string;
  /** Digits of the SHA-256 of the last weights. */
  readonly weights?: string;
  readonly message?: string;
}

/** A line of a file of results. */
export type ResultRecord = StageRecord | Extract<TrialRecord, { event: 'started' }> | EndedRecord;

/** A trial that has ended. */
export interface Result extends EndedRecord {
  readonly configuration: number;
  readonly values: SettingValues;
  readonly seed: number;
}

/** The accuracy of a trial: that of its last epoch, which no choice of an epoch has flattered. */
export const accuracyOf = ({ accuracies }: Pick<EndedRecord, 'accuracies'>): number =>
  accuracies.at(-1) ?? Number.NaN;

/** The file of a phase, relative to the folder of results. */
export const fileOf = (comparison: string, cell: string, phase: Phase): string =>
  `${comparison}/${cell}.${phase}.jsonl`;

/** The line for a trial that has ended. */
export function endedRecord(
  event: 'finished' | 'pruned',
  trial: string,
  { exact, level, seconds }: TrialResult,
): EndedRecord {
  const of = (name: string) => exact.history.map(({ validation }) => Number(validation?.[name]));
  return {
    ...{ event, trial, accuracies: of('accuracy') },
    losses: of('loss').map((loss) => Number(loss.toPrecision(6))),
    ...{ seconds: Number(seconds.toFixed(1)), level, weights: exact.weights.slice(0, 16) },
  };
}

/** The records with which a sweep goes on. */
export function recordsOf(lines: readonly ResultRecord[]): TrialRecord[] {
  return lines.flatMap((line): TrialRecord[] => {
    if (line.event === 'stage') return [];
    if (line.event === 'started') return [line];
    const { event, trial, accuracies, message = '' } = line;
    if (event === 'failed') return [{ event, trial, message }];
    const progress = accuracies.map((score, i) => ({
      ...{ event: 'progress' as const, trial, score },
      epoch: i + 1,
    }));
    const end = { trial, score: accuracyOf(line), result: line };
    return [
      ...progress,
      event === 'pruned' ? { event, ...end, epoch: accuracies.length } : { event, ...end },
    ];
  });
}

/** The trials that have ended. */
export function resultsOf(lines: readonly ResultRecord[]): Result[] {
  const started = new Map(lines.flatMap((line) => (line.event === 'started' ? [[line.trial, line]] : [])));
  return lines.flatMap((line): Result[] => {
    if (line.event === 'stage' || line.event === 'started') return [];
    const { configuration, values, seed } = started.get(line.trial)!;
    return [{ ...line, configuration, values: values as SettingValues, seed }];
  });
}

/** The configurations of which all seeds were trained to the end, the best mean accuracy first. */
export function ranked(results: readonly Result[], seeds: readonly number[]) {
  const numbers = [...new Set(results.map(({ configuration }) => configuration))];
  return numbers
    .flatMap((configuration) => {
      const own = results.filter((each) => each.configuration === configuration);
      const finished = seeds.flatMap(
        (seed) => own.find((each) => each.seed === seed && each.event === 'finished') ?? [],
      );
      if (finished.length < seeds.length) return [];
      const accuracies = finished.map(accuracyOf);
      const mean = accuracies.reduce((a, b) => a + b, 0) / seeds.length;
      return [{ values: own[0].values, trials: finished, accuracies, mean }];
    })
    .sort((a, b) => b.mean - a.mean);
}

/** The trials of a file that have ended. @throws {HarmonicError} `INVALID_DATA` for damaged lines. */
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

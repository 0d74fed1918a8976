import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import { hasCode, Ledger, override, runSettings, trainInProcess } from '@harmonic-mlp/node-trainer';
import { version_core } from '@tensorflow/tfjs-core';
import type { SettingValues } from 'harmonic-mlp/settings';
import { appliesBy, sweep } from 'harmonic-mlp/sweep';
import type { Stage } from './comparisons';
import { fix, outcomeOf, type Result, type ResultRecord, requireWhole, resultsOf } from './results';

/** Where and how stages are trained. */
export interface Place {
  /** The file of the results, to which those of this machine are added. */
  readonly file: string;
  /** A folder for what is trained, which is removed afterwards. */
  readonly work: string;
  readonly onProgress: (where: string) => void;
}

const versions = { tfjs: version_core };

/**
 * Trains what a stage has not trained yet, in other processes. A training that diverges has failed; what else ends one, such as a full
 * disk, ends the study, which then goes on from there.
 *
 * @returns the results of all its trials.
 * @throws {HarmonicError} `INVALID_DATA` for results of another stage.
 */
export async function trainStage(stage: Stage, { file, work, onProgress }: Place): Promise<Result[]> {
  await mkdir(dirname(file), { recursive: true });
  const { ledger, records, damaged } = await Ledger.open(file);
  const lines = records as unknown as ResultRecord[];
  requireWhole(file, damaged);
  requireSame(stage, lines, file);
  const keep = (record: ResultRecord) => {
    lines.push(record);
    return ledger.append({ ...record });
  };
  if (lines.length === 0) await keep({ event: 'stage', stage, versions });
  const { settings, axes, seeds, search, trials, jobs } = stage;
  const broken = new AbortController();
  const { signal } = broken;
  await sweep({
    ...{ axes, seeds, search, trials, jobs, signal },
    applies: appliesBy(runSettings, settings),
    earlier: lines.filter((line) => line.event !== 'stage'),
    async onRecord(record) {
      // What ends the study is no result.
      const isBroken = record.event === 'failed' && signal.aborted;
      if (record.event !== 'progress' && !isBroken) await keep(record);
    },
    async train({ id, values, seed, signal: own }) {
      const folder = join(work, id);
      await mkdir(folder, { recursive: true });
      const { result } = await trainInProcess(
        { id, settings: { ...override(settings, valuesOf(values)), seed } },
        {
          ...{ folder, threads: 1, signal: own },
          onProgress({ epoch, epochs, score }) {
            onProgress(`${id}, epoch ${epoch} of ${epochs}: ${score}`);
            return 'continue';
          },
        },
      )
        .catch((error) => {
          if (!hasCode(error, 'DIVERGED')) broken.abort(error);
          throw error;
        })
        .finally(() => rm(folder, { recursive: true, force: true }));
      return outcomeOf(result);
    },
  });
  signal.throwIfAborted();
  return resultsOf(lines);
}

/** The settings of a configuration: the axes' values, or those that an earlier stage gave. */
export const valuesOf = (values: SettingValues): SettingValues => (values.of as SettingValues) ?? values;

/** @throws {HarmonicError} `INVALID_DATA` for the lines of another stage. */
function requireSame(stage: Stage, [first]: readonly ResultRecord[], file: string): void {
  if (first === undefined) return;
  if (first.event === 'stage' && JSON.stringify(first.stage) === JSON.stringify(stage)) return;
  const problem =
    'It holds the results of another plan, or of other candidates than the files of the phase before give.';
  throw new HarmonicError('INVALID_DATA', { argument: 'results', file, problem, fix });
}

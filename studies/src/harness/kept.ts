import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import { codeOf, writeWhole } from '@harmonic-mlp/node-trainer';
import { version_core } from '@tensorflow/tfjs-core';
import { resultsFolder } from '../documents';
import { prepareBackend } from './backend';
import type { Findings, Setting, Study } from './study';

/** A study that trains everything in one go, within minutes. */
export interface ShortStudy<Result extends object> extends Omit<Study, 'run' | 'hasOwnSeeds'> {
  /** Trains, and gives what its tables and pictures need, such as one result for each network: JSON, plus non-finite numbers. */
  train(setting: Setting): Promise<readonly Result[]>;
  /** Makes the tables from the results alone. */
  tablesOf(results: readonly Result[]): Findings['tables'];
}

/** The first line of a file of results. */
interface Origin {
  readonly event: 'study';
  readonly study: string;
  readonly seeds: number;
  /** The number of results: of the lines that follow. */
  readonly results: number;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * A study that keeps its results in a file, a line of JSON for each, from which its tables can be made again.
 *
 * @param folder the folder of the file; default: that of all results in the repository.
 */
export const keptStudy = <Result extends object>(
  { train, tablesOf, ...study }: ShortStudy<Result>,
  folder: string = resultsFolder,
): Study => ({
  ...study,
  async run(setting) {
    if (setting.reportOnly) {
      const { seeds, results } = await read<Result>(fileIn(folder, study.name), study.name);
      return { tables: tablesOf(results), figures: results, seeds };
    }
    await prepareBackend();
    const results = await train(setting);
    return { tables: tablesOf(results), figures: results };
  },
  keep: ({ figures }, seeds) =>
    write(fileIn(folder, study.name), { study: study.name, seeds, results: figures as Result[] }),
});

const fileIn = (folder: string, study: string): string => join(folder, `${study}.jsonl`);

async function write(
  file: string,
  { results, ...of }: { study: string; seeds: number; results: readonly object[] },
): Promise<void> {
  const origin: Origin = {
    ...{ event: 'study', ...of, results: results.length },
    versions: { tfjs: version_core },
  };
  await mkdir(dirname(file), { recursive: true });
  await writeWhole(
    file,
    [origin, ...results].map((line) => `${JSON.stringify(line, withNonFinite)}\n`).join(''),
  );
}

const nonFinite = ['NaN', 'Infinity', '-Infinity'];

/** JSON has no words for numbers that are not finite, such as the error of a run that diverged: they become strings. */
const withNonFinite = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

const fromNonFinite = (_: string, value: unknown) =>
  nonFinite.includes(value as string) ? Number(value) : value;

/** @throws {HarmonicError} `INVALID_DATA` for a file that is missing, damaged, or of another study. */
async function read<Result>(file: string, study: string): Promise<{ seeds: number; results: Result[] }> {
  const refuse = (problem: string) => {
    const fix = `Run pnpm study ${study}, which writes it.`;
    return new HarmonicError('INVALID_DATA', { argument: 'results', file, problem, fix });
  };
  const text = await readFile(file, 'utf8').catch((error) => {
    throw codeOf(error) === 'ENOENT' ? refuse('It is missing.') : error;
  });
  const [origin, ...results] = text
    .trimEnd()
    .split('\n')
    .map((line, i) => {
      try {
        return JSON.parse(line, fromNonFinite);
      } catch {
        throw refuse(`It is damaged in line ${i + 1}.`);
      }
    });
  if (origin?.event !== 'study' || origin.study !== study) throw refuse('It holds something else.');
  if (origin.results !== results.length)
    throw refuse(`It should hold ${origin.results} results, but has ${results.length}.`);
  return { seeds: (origin as Origin).seeds, results };
}

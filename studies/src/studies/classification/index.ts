import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HarmonicError } from '@harmonic-mlp/core';
import { hasCode, lockFolder } from '@harmonic-mlp/node-trainer';
import { documents } from '../../documents';
import type { Findings, Setting, Study } from '../../harness';
import { baselines, type Cell, periodic } from './cells';
import {
  type Comparison,
  comparisons,
  effort,
  finalistsOfPeriodic,
  type Phase,
  phases,
  quickly,
  stageOf,
} from './comparisons';
import { fileOf, type Result, ranked, readResults } from './results';
import { accuracyTable, commandTable, hoursOf, type ResultsOf } from './tables';
import { trainStage, valuesOf } from './train-stage';

/** The folder of the results, to which a study adds and which are in the repository, so that it can stop and go on anywhere. */
export const resultsFolder = fileURLToPath(new URL('study/results/', documents));

export const classification: Study = {
  name: 'classification',
  summary:
    'What periodic units are worth for images of digits, beside ReLU and GELU tuned with the same effort.',
  duration: 'hours, which need not be in one piece',
  document: 'study/classification.md',
  hasOwnSeeds: true,
  canReport: true,
  async run({ quick, reportOnly, onProgress }: Setting): Promise<Findings> {
    if (reportOnly) return findingsOf(comparisons, await savedResults());
    const unlock = quick ? () => {} : await lockResults(onProgress);
    const work = mkdtempSync(join(tmpdir(), 'harmonic-study-'));
    const clean = () => rmSync(work, { recursive: true, force: true });
    process.once('exit', clean); // Also after Ctrl-C.
    const place = quick ? join(work, 'results') : resultsFolder;
    const made = quick ? quickly(comparisons) : comparisons;
    const results = new Map<string, readonly Result[]>();
    const resultsOf: ResultsOf = ({ name }, cell, phase) => results.get(fileOf(name, cell.name, phase)) ?? [];
    try {
      for (const comparison of made) {
        for (const cell of cellsOf(comparison, resultsOf)) {
          for (const phase of phases) {
            const candidates = candidatesOf(comparison, cell, phase, resultsOf);
            if (candidates === undefined) continue;
            const file = fileOf(comparison.name, cell.name, phase);
            const trained = await trainStage(stageOf(comparison, cell, phase, candidates), {
              file: join(place, file),
              work: join(work, 'trials'),
              onProgress: (where) => onProgress(`${comparison.name}, ${cell.title}, ${phase}: ${where}`),
            });
            results.set(file, trained);
          }
        }
      }
    } finally {
      process.off('exit', clean);
      clean();
      unlock();
    }
    return findingsOf(made, resultsOf);
  },
};

/** Locks the results: two studies at once would mix theirs. */
async function lockResults(onProgress: Setting['onProgress']): Promise<() => void> {
  mkdirSync(resultsFolder, { recursive: true });
  try {
    return await lockFolder(resultsFolder, () => onProgress('Checking whether another study is still going'));
  } catch (error) {
    const fix = 'Wait for it, or stop it: what it has trained is kept.';
    throw hasCode(error, 'FOLDER_IN_USE') ? error.with({ fix }) : error;
  }
}

/** The networks of a comparison; none as long as it is not known which they are. */
export function cellsOf({ cells }: Comparison, resultsOf: ResultsOf): readonly Cell[] {
  if (cells !== undefined) return cells;
  const [first] = comparisons;
  const known = periodic.flatMap((cell) => {
    const [best] = ranked(resultsOf(first, cell, 'choose'), effort.choosingSeeds);
    return best === undefined ? [] : [{ cell, mean: best.mean }];
  });
  if (known.length < periodic.length) return [];
  known.sort((a, b) => b.mean - a.mean);
  return [...baselines, ...known.slice(0, finalistsOfPeriodic).map(({ cell }) => cell)];
}

/** The values that a phase starts from; undefined for one that a network, or a comparison, does not have. */
export function candidatesOf(comparison: Comparison, cell: Cell, phase: Phase, resultsOf: ResultsOf) {
  if (cell.axes === undefined) return phase === 'final' ? [{}] : undefined;
  const { searchOf = comparison.name } = comparison;
  if (phase === 'tune') return searchOf === comparison.name ? [{}] : undefined;
  const [before, seeds, from] =
    phase === 'choose'
      ? (['tune', [0], comparisons.find(({ name }) => name === searchOf)!] as const)
      : (['choose', effort.choosingSeeds, comparison] as const);
  const candidates = ranked(resultsOf(from, cell, before), seeds).map(({ values }) => valuesOf(values));
  if (candidates.length > 0) return candidates;
  const problem = `None of the trainings of ${fileOf(from.name, cell.name, before)} has come to its end.`;
  throw new HarmonicError('INVALID_DATA', { argument: 'results', problem });
}

/** The results in the repository. */
export async function savedResults(): Promise<ResultsOf> {
  const saved = new Map<string, readonly Result[]>();
  for (const file of savedFiles()) saved.set(file, await readResults(join(resultsFolder, file)));
  return ({ name }, cell, phase) => saved.get(fileOf(name, cell.name, phase)) ?? [];
}

/** The files of results in the repository, with slashes. */
export function savedFiles(): string[] {
  if (!existsSync(resultsFolder)) return [];
  return readdirSync(resultsFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => file.replaceAll('\\', '/'));
}

/** The tables of all comparisons, from the results alone. */
export function findingsOf(made: readonly Comparison[], resultsOf: ResultsOf): Findings {
  const begun = made
    .map((comparison) => ({ ...comparison, cells: cellsOf(comparison, resultsOf) }))
    .filter((comparison) => accuracyTable(comparison, resultsOf).rows.length > 0);
  const tables = begun.flatMap((comparison) => [
    [comparison.name, accuracyTable(comparison, resultsOf)] as const,
    [`${comparison.name}-commands`, commandTable(comparison, resultsOf)] as const,
  ]);
  const figures = begun.map((comparison) => ({
    comparison: comparison.name,
    hours: Number(hoursOf(comparison, resultsOf).toFixed(2)),
  }));
  return { tables: Object.fromEntries(tables), figures };
}

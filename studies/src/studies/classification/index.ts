import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode, lockFolder } from '@harmonic-mlp/node-trainer';
import { resultsFolder } from '../../documents';
import type { Findings, Setting, Study } from '../../harness';
import { type Comparison, comparisons, effort, phases, quickly, stageOf } from './comparisons';
import { fileOf, type Result, type ResultsOf, readResults } from './results';
import { cellsOf, startOf } from './start';
import { accuracyTable, commandTable, effortTable, optimizerTable, summaryTable } from './tables';
import { trainStage } from './train-stage';

export const classification: Study = {
  name: 'classification',
  summary:
    'What periodic units are worth for images of digits, beside ReLU and GELU tuned with the same effort.',
  duration: 'hours, which need not be in one piece',
  document: 'study/classification.md',
  hasOwnSeeds: true,
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
            const start = startOf(comparison, cell, phase, resultsOf);
            if (start === undefined) continue;
            const file = fileOf(comparison.name, cell.name, phase);
            const trained = await trainStage(stageOf(comparison, cell, phase, start), {
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

/** The results in the repository. */
export async function savedResults(): Promise<ResultsOf> {
  const saved = new Map<string, readonly Result[]>();
  for (const file of savedFiles()) saved.set(file, await readResults(join(resultsFolder, file)));
  return ({ name }, cell, phase) => saved.get(fileOf(name, cell.name, phase)) ?? [];
}

/** The files of results in the repository, with slashes: those of a comparison have a folder. */
export function savedFiles(): string[] {
  if (!existsSync(resultsFolder)) return [];
  return readdirSync(resultsFolder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /^.+\/.+\.jsonl$/.test(file));
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
  const [first] = begun;
  if (first) tables.push(['effort', effortTable(begun, resultsOf)]);
  const ofOptimizer = first && optimizerTable(first, resultsOf);
  if (ofOptimizer?.rows.length) tables.push([`${first.name}-optimizer`, ofOptimizer]);
  return {
    tables: Object.fromEntries(tables),
    readmeTables: { 'other-networks': summaryTable(begun.slice(1), resultsOf) },
    figures: begun.flatMap((comparison) =>
      comparison.cells.flatMap((cell) =>
        phases.map((phase) => ({
          ...{ comparison: comparison.name, network: cell.name, phase },
          results: resultsOf(comparison, cell, phase),
        })),
      ),
    ),
    seeds: effort.finalSeeds.length,
  };
}

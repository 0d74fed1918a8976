import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLedger } from '@harmonic-mlp/node-trainer';
import { sweep } from 'harmonic-mlp/sweep';
import { describe, expect, it } from 'vitest';
import { documents } from '../src/documents';
import { readBetweenMarkers, toMarkdown } from '../src/harness';
import { candidatesOf, findingsOf, resultsFolder, savedResults } from '../src/studies/classification';
import { cells } from '../src/studies/classification/cells';
import { comparisons, effort, phases, stageOf } from '../src/studies/classification/comparisons';
import {
  accuracyOf,
  fileOf,
  type ResultRecord,
  ranked,
  recordsOf,
  resultsOf,
} from '../src/studies/classification/results';

it('the tables in the document are those that the results in the repository give', async () => {
  const { tables } = findingsOf(comparisons, await savedResults());
  const document = readFileSync(new URL('study/classification.md', documents), 'utf8');
  for (const marker of comparisons.flatMap(({ name }) => [name, `${name}-commands`])) {
    const table = tables[marker];
    expect(readBetweenMarkers(document, marker)).toBe(
      table === undefined ? '' : `${toMarkdown(table)}\n\nMade by \`pnpm study classification\`.`,
    );
  }
});

it('every file of results is of this plan', async () => {
  const resultsOf = await savedResults();
  const known = new Map<string, object>();
  for (const comparison of comparisons) {
    for (const cell of comparison.cells) {
      for (const phase of phases) {
        const file = fileOf(comparison.name, cell.name, phase);
        if (!existsSync(join(resultsFolder, file))) continue;
        const candidates = candidatesOf(comparison, cell, phase, resultsOf);
        known.set(file, stageOf(comparison, cell, phase, candidates));
      }
    }
  }
  const files = existsSync(resultsFolder)
    ? readdirSync(resultsFolder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.jsonl'))
        .map((file) => file.replaceAll('\\', '/'))
    : [];
  for (const file of files) {
    const { records, damaged } = await readLedger(join(resultsFolder, file));
    expect(damaged, file).toEqual([]);
    expect(records[0], file).toMatchObject({ event: 'stage', stage: known.get(file) });
  }
});

it('every network that is tuned is given the same effort', () => {
  for (const comparison of comparisons) {
    for (const cell of cells.filter(({ axes }) => axes !== undefined)) {
      const { seeds, search, trials, prune, pruning, axes, settings } = stageOf(comparison, cell, 'tune');
      expect([seeds, search, trials, prune, pruning]).toEqual([[0], 'tpe', 24, 'asha', effort.pruning]);
      expect(Object.keys(axes)).toEqual(
        expect.arrayContaining(['learningRate', 'norm', 'dropout', 'noise', 'inputNoise', 'labelSmoothing']),
      );
      expect(settings).toMatchObject({ validation: 10_000, schedule: 'cosine' });
    }
  }
});

describe('The results of a search', () => {
  const stage = { axes: { rate: { from: 1, to: 2 } }, seeds: [0, 1], trials: 9, search: 'tpe' } as const;
  const options = { ...stage, prune: 'asha', pruning: { minEpochs: 1, reductionFactor: 2 } } as const;

  /** Searches up to a number of lines, after which nothing is written, as when the process is killed. */
  async function search(lines: ResultRecord[], most = Number.POSITIVE_INFINITY): Promise<string[]> {
    const trained: string[] = [];
    const killed = new AbortController();
    const keep = (line: ResultRecord) => {
      if (lines.length < most) lines.push(line);
      else killed.abort();
    };
    const accuracies = new Map<string, number[]>();
    await sweep({
      ...options,
      signal: killed.signal,
      earlier: recordsOf(lines),
      async train({ id, values, seed, report }) {
        trained.push(id);
        const scores: number[] = [];
        accuracies.set(id, scores);
        if (id === 'c4-s0') throw new Error('It diverged.');
        for (let epoch = 1; epoch <= 4; epoch++) {
          scores.push((values.rate as number) / 2 - 0.1 / epoch + seed / 1000);
          if ((await report({ epoch, score: scores[epoch - 1], isLast: epoch === 4 })) === 'stop') break;
        }
        return { score: scores.at(-1)! };
      },
      onRecord(record) {
        if (record.event === 'progress') return;
        if (record.event === 'started') keep(record);
        else {
          const message = record.event === 'failed' ? record.message : undefined;
          const { event, trial } = record;
          keep({ event, trial, accuracies: accuracies.get(trial)!, losses: [], message });
        }
      },
    });
    return trained;
  }

  it('let it go on from any line to the same end', async () => {
    const whole: ResultRecord[] = [];
    const all = await search(whole);
    const results = resultsOf(whole);
    expect(results.filter(({ event }) => event === 'pruned').length).toBeGreaterThan(2);
    expect(results.filter(({ event }) => event === 'failed')).toMatchObject([{ trial: 'c4-s0' }]);
    for (let most = 1; most < whole.length; most++) {
      const lines: ResultRecord[] = [];
      await search(lines, most);
      const after = await search(lines);
      expect(lines.filter(({ event }) => event !== 'started')).toEqual(
        whole.filter(({ event }) => event !== 'started'),
      );
      expect(after.length, `trials after line ${most} of ${whole.length}`).toBeLessThanOrEqual(all.length);
      expect(await search(lines)).toEqual([]);
    }
    expect(whole).toHaveLength(2 * all.length);
  });

  it('rank the configurations of which all seeds ended by the mean of their last accuracies', async () => {
    const lines: ResultRecord[] = [];
    await search(lines);
    const results = resultsOf(lines);
    const best = ranked(results, stage.seeds);
    expect(best.length).toBeGreaterThan(0);
    expect(best.map(({ mean }) => mean)).toEqual(best.map(({ mean }) => mean).sort((a, b) => b - a));
    for (const { trials, values, mean } of best) {
      expect(trials.map(({ seed }) => seed)).toEqual([0, 1]);
      expect(mean).toBeCloseTo((accuracyOf(trials[0]) + accuracyOf(trials[1])) / 2, 12);
      expect(accuracyOf(trials[0])).toBeCloseTo((values.rate as number) / 2 - 0.025, 12);
    }
  });
});

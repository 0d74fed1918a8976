import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLedger } from '@harmonic-mlp/node-trainer';
import { sweep } from 'harmonic-mlp/sweep';
import { expect, it } from 'vitest';
import { documents, readme, resultsFolder } from '../src/documents';
import { readBetweenMarkers, toMarkdown } from '../src/markdown';
import { findingsOf, savedFiles, savedResults } from '../src/studies/classification';
import { baselines, commonAxes, periodic } from '../src/studies/classification/cells';
import { comparisons, effort, phases, stageOf } from '../src/studies/classification/comparisons';
import {
  fileOf,
  outcomeOf,
  type Result,
  type ResultRecord,
  type ResultsOf,
  resultsOf,
} from '../src/studies/classification/results';
import { cellsOf, startOf } from '../src/studies/classification/start';
import { accuracyTable, optimizerTable, optionsOf } from '../src/studies/classification/tables';

/** A result, of which a test says what matters to it. */
const resultOf = (own: Partial<Result>): Result => ({
  ...{ configuration: 0, seed: 0, score: 0.98, values: {} },
  ...{ accuracies: [0.98], losses: [1], seconds: 1, level: 'wasm fixed', weights: '' },
  ...own,
});

it('the tables in the document are those that the results in the repository give', async () => {
  const { tables } = findingsOf(comparisons, await savedResults());
  const document = readFileSync(new URL('study/classification.md', documents), 'utf8');
  const markers = [...document.matchAll(/<!-- study:(\S+) -->/g)].map(([, marker]) => marker);
  expect(markers).toEqual(expect.arrayContaining(Object.keys(tables)));
  for (const marker of markers) {
    const table = tables[marker];
    expect(readBetweenMarkers(document, `study:${marker}`)).toBe(
      table === undefined ? '' : `${toMarkdown(table)}\n\nMade by \`pnpm study classification\`.`,
    );
  }
});

it('the figures of the README stand in the tables', async () => {
  const { tables } = findingsOf(comparisons, await savedResults());
  const [, text] = readFileSync(readme, 'utf8').split(/^## Results$/m);
  const [results] = text.split(/^### /m);
  const figures = results.match(/[+−]?\d+\.\d+ ± [\d.]+\d/g)!;
  expect(figures.length).toBeGreaterThan(20);
  // In words, a difference has no sign.
  const cells = Object.values(tables).flatMap(({ rows }) => rows.flat());
  const known = new Set([...cells, ...cells.map((cell) => cell.replace(/^[+−]/, ''))]);
  expect(figures.filter((figure) => !known.has(figure))).toEqual([]);
});

it('every file of results is of this plan', async () => {
  const resultsOf = await savedResults();
  const known = new Map<string, object>();
  for (const comparison of comparisons) {
    for (const cell of cellsOf(comparison, resultsOf)) {
      for (const phase of phases) {
        const file = fileOf(comparison.name, cell.name, phase);
        if (!savedFiles().includes(file)) continue;
        known.set(file, stageOf(comparison, cell, phase, startOf(comparison, cell, phase, resultsOf)));
      }
    }
  }
  for (const file of savedFiles()) {
    const { records, damaged } = await readLedger(join(resultsFolder, file));
    expect(damaged, file).toEqual([]);
    expect(records[0], file).toMatchObject({ event: 'stage', stage: known.get(file) });
  }
});

it('every network of a comparison is given the same effort', () => {
  for (const comparison of comparisons) {
    const stages = [...baselines, ...periodic].map((cell) => stageOf(comparison, cell, 'tune'));
    const efforts = stages.map(({ seeds, search, trials, axes, settings }) => {
      const common = Object.entries(axes).filter(([name]) => name in commonAxes);
      return { seeds, search, trials, common, epochs: settings.epochs, validation: settings.validation };
    });
    expect(new Set(efforts.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(efforts[0]).toMatchObject({ seeds: [0], search: 'tpe', validation: 10_000 });
  }
  const [first] = comparisons;
  const { trials, settings, axes } = stageOf(first, baselines[0], 'tune');
  expect([trials, settings.epochs, settings.schedule]).toEqual([24, 7, 'cosine']);
  expect(Object.keys(axes)).toEqual(Object.keys(commonAxes));
});

it('a phase takes up the best of the phase before', () => {
  const [comparison] = comparisons;
  const [cell] = comparison.cells;
  const result = (configuration: number, seed: number, score: number) =>
    resultOf({ configuration, seed, score, values: { dropout: configuration / 10 } });
  const tuned = [0.96, 0.99, 0.97, 0.98, 0.95, 0.975].map((score, i) => result(i, 0, score));
  const start = startOf(comparison, cell, 'choose', () => tuned)!;
  expect(stageOf(comparison, cell, 'choose', start).axes).toEqual({
    of: [1, 3, 5, 2, 0].map((tenths) => ({ dropout: tenths / 10 })),
  });
  // The mean decides, of those of which no seed has failed.
  const chosen = [
    result(0, 1, 0.97),
    result(0, 2, 0.99),
    result(1, 1, 0.98),
    result(1, 2, 0.985),
    result(2, 1, 1),
  ];
  const last = startOf(comparison, cell, 'final', () => chosen)!;
  expect(stageOf(comparison, cell, 'final', last)).toMatchObject({
    axes: { of: [{ dropout: 0.1 }] },
    seeds: effort.finalSeeds,
    settings: expect.not.objectContaining({ validation: expect.anything() }),
  });
  expect(() => startOf(comparison, cell, 'choose', () => [])).toThrow(/relu\.tune\.jsonl/);
});

/** Results of one configuration, and what was asked for. */
function asking(values: object) {
  const asked: string[] = [];
  const results: ResultsOf = ({ name }, _, phase) => {
    asked.push(`${name} ${phase}`);
    const seeds = phase === 'tune' ? [0] : effort.choosingSeeds;
    return seeds.map((seed) => resultOf({ configuration: 0, seed, values: values as never }));
  };
  return { asked, results };
}
const [relu] = baselines;

it('a comparison without a search of its own takes the best of another', () => {
  const long = comparisons.find(({ searchOf }) => searchOf !== undefined)!;
  const { asked, results } = asking({ dropout: 0.1 });
  expect(startOf(long, relu, 'tune', results)).toBeUndefined();
  expect(startOf(long, relu, 'choose', results)).toEqual({ base: {}, candidates: [{ dropout: 0.1 }] });
  expect(asked).toEqual(['mnist-512-256 tune']);
});

it('a comparison may begin with what another has chosen, and tune something else, or nothing', () => {
  const { asked, results } = asking({ of: { maxNorm: 4, dropout: 0.1 } });
  const augmented = comparisons.find(({ name }) => name.endsWith('augmented'))!;
  const tuned = stageOf(augmented, relu, 'tune', startOf(augmented, relu, 'tune', results));
  expect(tuned.settings).toMatchObject({ activation: 'relu', maxNorm: 4, epochs: 20 });
  expect(tuned.axes).toBe(augmented.axes);
  expect(asked).toEqual(['mnist-512-256 choose']);
  const final = stageOf(augmented, relu, 'final', startOf(augmented, relu, 'final', results));
  expect(final).toMatchObject({ settings: { maxNorm: 4, epochs: 60 }, axes: { of: [{ maxNorm: 4 }] } });
  expect(asked.slice(1)).toEqual(['mnist-512-256 choose', 'mnist-512-256-augmented choose']);

  const large = comparisons.find(({ name }) => name.includes('1024'))!;
  const phasesOfLarge = phases.filter((phase) => startOf(large, relu, phase, results) !== undefined);
  expect(phasesOfLarge).toEqual(['final']);
  expect(stageOf(large, relu, 'final', startOf(large, relu, 'final', results))).toMatchObject({
    settings: { hidden: [1024, 1024, 1024], maxNorm: 4, dropout: 0.1 },
    axes: { of: [{}] },
  });
});

it('later comparisons are of the periodic network that was best on held-out examples, and of the baselines', () => {
  const [, later] = comparisons;
  const scores = Object.fromEntries(periodic.map(({ name }, i) => [name, 0.98 - i / 1000]));
  scores.snake = 0.99;
  const of =
    (without?: string): ResultsOf =>
    (_, { name }, phase) =>
      phase === 'choose' && name !== without
        ? effort.choosingSeeds.map((seed) => resultOf({ configuration: 0, seed, score: scores[name] ?? 1 }))
        : [];
  expect(cellsOf(later, of()).map(({ name }) => name)).toEqual(['snake', 'relu', 'gelu']);
  const few = comparisons.find(({ baselines: beside }) => beside?.length === 0)!;
  expect(cellsOf(few, of()).map(({ name }) => name)).toEqual(['snake']);
  // As long as one is missing, it is not known which are the best.
  expect(cellsOf(later, of('fan'))).toEqual([]);
});

it('a training is worth its accuracy after the last epoch, not after its best', () => {
  const history = [0.97, 0.99, 0.98].map((accuracy, i) => ({
    ...{ epoch: i + 1, trainLoss: 1, trainAccuracy: 1, learningRate: 1 },
    validation: { loss: 0.1234567, accuracy },
  }));
  const exact = { history, weights: '0123456789abcdef0123' };
  expect(outcomeOf({ score: 0.99, epoch: 2, exact, level: 'wasm fixed', seconds: 1.26 })).toEqual({
    ...{ score: 0.98, accuracies: [0.97, 0.99, 0.98], losses: [0.123457, 0.123457, 0.123457] },
    ...{ seconds: 1.3, level: 'wasm fixed', weights: '0123456789abcdef' },
  });
});

it('differences are those of pairs, of networks with all seeds', () => {
  const [comparison] = comparisons;
  const scores = { relu: [0.98, 0.99], gelu: [0.981, 0.991], snake: [1, 1] } as Record<string, number[]>;
  const { columns, rows } = accuracyTable(comparison, (_, { name }, phase) =>
    phase !== 'final' || scores[name] === undefined
      ? []
      : effort.finalSeeds.slice(name === 'snake' ? 1 : 0).map((seed, i) => ({
          ...resultOf({ configuration: 0, seed, score: scores[name][i % 2] }),
        })),
  );
  // None has a result on held-out examples.
  expect(columns).toEqual(['network', 'test accuracy, %', 'minus ReLU', 'minus GELU']);
  // Student's t of nine degrees of freedom: 2.262·0.527/√10 = 0.377, and no variance of the differences.
  expect(rows).toEqual([
    ['GELU', '98.60 ± 0.38', expect.stringMatching(/^\+0\.10/), ''],
    ['ReLU', '98.50 ± 0.38', '', expect.stringMatching(/^−0\.10/)],
  ]);
});

it('the options in the document do not depend on what train recommends', () => {
  expect(optionsOf({ hidden: [8], epochs: 15 }, { dropout: 0.1 })).toBe(
    '--preset published --hidden 8 --dropout 0.1 --epochs 15',
  );
});

it('the records of a search let it go on from any line to the same end', async () => {
  /** Searches up to a number of lines, after which nothing is written, as when the process is killed. */
  async function search(lines: ResultRecord[], most = Number.POSITIVE_INFINITY): Promise<number> {
    let trained = 0;
    const killed = new AbortController();
    await sweep({
      ...{ axes: { rate: { from: 1, to: 2 } }, seeds: [0, 1], trials: 9, search: 'tpe' },
      signal: killed.signal,
      earlier: lines.filter((line) => line.event !== 'stage'),
      train({ id, values, seed }) {
        trained++;
        if (id === 'c4-s0') throw new Error('It diverged.');
        return { score: (values.rate as number) / 2 + seed / 1000 };
      },
      onRecord(record) {
        if (record.event === 'progress') return;
        if (lines.length < most) lines.push(record);
        else killed.abort();
      },
    });
    return trained;
  }
  const whole: ResultRecord[] = [];
  expect(await search(whole)).toBe(18);
  expect(resultsOf(whole)).toHaveLength(17);
  const ends = (lines: readonly ResultRecord[]) => lines.filter(({ event }) => event !== 'started');
  for (let most = 1; most < whole.length; most++) {
    const lines: ResultRecord[] = [];
    await search(lines, most);
    const before = ends(lines).length;
    expect(await search(lines), `trials after line ${most}`).toBe(18 - before);
    expect(ends(lines)).toEqual(ends(whole));
  }
});

it('what scales steps is compared in the trainings with equal settings and seeds', () => {
  const [comparison] = comparisons;
  const tuned = (values: object, score: number) => ({
    ...resultOf({ configuration: 0, seed: 0, score }),
    values: { ...values },
  });
  const trials: Record<string, ReturnType<typeof tuned>[]> = {
    harmonic: [tuned({ a: 1, b: 1 }, 0.97), tuned({ a: 2, b: 1 }, 0.96), tuned({ a: 3, b: 1 }, 0.1)],
    // Those of a search that differ are not compared.
    'harmonic-update': [tuned({ b: 1, a: 1 }, 0.98), tuned({ a: 2, b: 1 }, 0.97), tuned({ a: 4, b: 1 }, 0.2)],
  };
  const { rows } = optimizerTable(comparison, (_, { name }, phase) => {
    if (trials[name] === undefined || phase === 'choose') return [];
    if (phase === 'tune') return trials[name];
    return effort.finalSeeds.map((seed) => resultOf({ configuration: 0, seed, score: 0.98 }));
  });
  expect(rows.map(([title, , , pairs, difference]) => [title, pairs, difference])).toEqual([
    ['harmonic, updates scaled', '2', expect.stringMatching(/^\+1\.0/)],
  ]);
});

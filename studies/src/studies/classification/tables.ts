import { settingWords } from '@harmonic-mlp/node-trainer';
import type { SettingValues } from 'harmonic-mlp/settings';
import { estimate, showEstimate } from 'harmonic-mlp/sweep';
import type { MarkdownTable } from '../../markdown';
import { baselines, type Cell } from './cells';
import { type Comparison, effort, phases, stageOf } from './comparisons';
import { type Result, type ResultsOf, ranked } from './results';
import { startOf } from './start';
import { valuesOf } from './train-stage';

/** A comparison of which it is known which networks it has. */
type Known = Comparison & { readonly cells: readonly Cell[] };

/** The networks of a comparison whose final trainings have ended. */
function finished(comparison: Known, results: ResultsOf) {
  return comparison.cells
    .flatMap((cell) => {
      const [only] = ranked(results(comparison, cell, 'final'), effort.finalSeeds);
      return only === undefined ? [] : [{ cell, ...only, values: valuesOf(only.values) }];
    })
    .sort((a, b) => b.mean - a.mean);
}

/** The accuracies on the test examples, with the paired differences to the baselines; the best first. */
export function accuracyTable(comparison: Known, results: ResultsOf): MarkdownTable {
  const final = finished(comparison, results);
  return withoutEmptyColumns({
    columns: [
      'network',
      'test accuracy, %',
      ...baselines.map(({ title }) => `minus ${title}`),
      'held out, %',
    ],
    rows: final.map(({ cell, accuracies }) => {
      const differences = baselines.map(({ name }) => {
        const other = final.find((each) => each.cell.name === name);
        return other === undefined || other.cell === cell ? '' : showDifference(accuracies, other.accuracies);
      });
      const [chosen] = ranked(results(comparison, cell, 'choose'), effort.choosingSeeds);
      return [
        cell.title,
        showAccuracy(accuracies),
        ...differences,
        chosen === undefined ? '' : (100 * chosen.mean).toFixed(3),
      ];
    }),
  });
}

/** The periodic network of each of some comparisons, the best if there are several, beside the baselines. */
export const summaryTable = (made: readonly Known[], results: ResultsOf): MarkdownTable => ({
  columns: [
    ...['images', 'hidden units', 'epochs', 'periodic, %'],
    ...baselines.map(({ title }) => `${title}, %`),
    ...baselines.map(({ title }) => `periodic − ${title}`),
  ],
  rows: made.flatMap((comparison) => {
    const final = finished(comparison, results);
    const beside = baselines.map(({ name }) => final.find(({ cell }) => cell.name === name)?.accuracies);
    const own = final.find(({ cell }) => !baselines.includes(cell))?.accuracies;
    if (own === undefined) return [];
    const { title, settings } = comparison;
    return [
      [
        title,
        (settings.hidden as number[]).join('-'),
        String(settings.epochs),
        ...[own, ...beside].map((accuracies) => (accuracies ? showAccuracy(accuracies) : '')),
        ...beside.map((accuracies) => (accuracies ? showDifference(own, accuracies) : '')),
      ],
    ];
  }),
});

/** Such as the differences to a network that a comparison does not have. */
function withoutEmptyColumns({ columns, rows }: MarkdownTable): MarkdownTable {
  const isKept = (_: string, column: number) => rows.some((cells) => cells[column] !== '');
  return { columns: columns.filter(isKept), rows: rows.map((cells) => cells.filter(isKept)) };
}

/**
 * The harmonic networks whose steps are scaled, beside the one whose are not: each as it was tuned, and all trainings of the search and the
 * choice whose other settings and seeds are those of one of its trainings.
 */
export function optimizerTable(comparison: Known, results: ResultsOf): MarkdownTable {
  const final = finished(comparison, results);
  const plain = final.find(({ cell }) => cell.name === 'harmonic');
  const scaled = final.filter(
    ({ cell }) => cell.name !== 'published' && cell.settings.freqScale !== undefined,
  );
  return {
    columns: [
      'network',
      'test accuracy, %',
      'minus harmonic',
      'pairs with equal settings',
      'held out, minus harmonic',
    ],
    rows: (plain ? scaled : []).map(({ cell, accuracies }) => {
      const pairs = heldOutPairs(comparison, results, [cell, plain!.cell]);
      return [
        cell.title,
        showAccuracy(accuracies),
        showDifference(accuracies, plain!.accuracies),
        String(pairs.length),
        showDifference(
          pairs.map(([own]) => own),
          pairs.map(([, other]) => other),
        ),
      ];
    }),
  };
}

/** The held-out accuracies of two networks in the trainings that have the same values, seed, and length. */
function heldOutPairs(
  comparison: Known,
  results: ResultsOf,
  [cell, other]: [Cell, Cell],
): [number, number][] {
  return (['tune', 'choose'] as const).flatMap((phase) => {
    const keyOf = ({ values, seed }: Result) =>
      JSON.stringify([seed, Object.entries(valuesOf(values)).sort(([a], [b]) => (a < b ? -1 : 1))]);
    const others = new Map(results(comparison, other, phase).map((each) => [keyOf(each), each.score]));
    return results(comparison, cell, phase).flatMap((each): [number, number][] => {
      const score = others.get(keyOf(each));
      return score === undefined ? [] : [[each.score, score]];
    });
  });
}

/** The mean of accuracies, with its interval, in percent. */
const showAccuracy = (accuracies: readonly number[]): string =>
  showEstimate(estimate(accuracies.map((accuracy) => 100 * accuracy)));

/** The mean difference of pairs of accuracies, with its interval, in percent. */
const showDifference = (accuracies: readonly number[], others: readonly number[]): string =>
  signed(showEstimate(estimate(accuracies.map((accuracy, i) => 100 * (accuracy - others[i])))));

const signed = (text: string) => (/^[-(]/.test(text) ? text.replace('-', '−') : `+${text}`);

/** The commands that repeat the final trainings. */
export function commandTable(comparison: Known, results: ResultsOf): MarkdownTable {
  return {
    columns: ['network', 'options of `train`'],
    rows: finished(comparison, results).map(({ cell, values }) => [
      cell.title,
      `\`${optionsOf(stageOf(comparison, cell, 'final', startOf(comparison, cell, 'final', results)).settings, values)}\``,
    ]),
  };
}

/** The options with which `train` repeats a training but for its seed. */
export const optionsOf = (settings: SettingValues, values: SettingValues): string =>
  ['--preset published', ...settingWords({ ...settings, ...values })].join(' ');

/** The trainings of each comparison, and the time that they took on one processor core each. */
export function effortTable(made: readonly Known[], results: ResultsOf): MarkdownTable {
  const efforts = made.map((comparison) => {
    const { name, cells } = comparison;
    const all = cells.flatMap((cell) => phases.flatMap((phase) => results(comparison, cell, phase)));
    return { name, trainings: all.length, hours: all.reduce((sum, { seconds }) => sum + seconds, 0) / 3600 };
  });
  const sum = (of: 'trainings' | 'hours') => efforts.reduce((total, each) => total + each[of], 0);
  return {
    columns: ['results', 'trainings', 'processor hours'],
    rows: [...efforts, { name: 'all', trainings: sum('trainings'), hours: sum('hours') }].map(
      ({ name, trainings, hours }) => [name, String(trainings), hours.toFixed(1)],
    ),
  };
}

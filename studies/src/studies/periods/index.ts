import { estimate, showEstimate } from 'harmonic-mlp/sweep';
import { keptStudy } from '../../harness';
import type { MarkdownTable } from '../../markdown';
import { learnAsTheyCome, type PlainErrors, plainNetworks } from './as-they-come';
import { type Curve, draw } from './curves';
import { functions } from './functions';
import { learnTuned, networks, shapes, type TunedNetwork } from './tuned';

type Result = PlainErrors | TunedNetwork | Curve;

/** How much the choice of periods matters, and whether harmonic units with proposed ones beat others at their best. */
export const periods = keptStudy<Result>({
  name: 'periods',
  summary: 'Do proposed periods learn functions that defaults and other activations do not?',
  duration: 'about 3 minutes',
  document: 'periods.md',
  async train(setting) {
    const results: Result[] = [];
    for (const dataset of functions) results.push(...(await learnAsTheyCome(dataset, setting)));
    for (const hidden of shapes) {
      for (const dataset of functions) results.push(...(await learnTuned(dataset, hidden, setting)));
    }
    results.push(...(await draw(functions[0], setting)));
    return results;
  },
  tablesOf: (results) => ({
    'periods/plain': plainTable(results.filter((each) => each.kind === 'plain')),
    ...Object.fromEntries(
      shapes.map((hidden) => {
        const shape = hidden.join('-');
        const own = results.filter((each) => each.kind === 'tuned').filter((each) => each.shape === shape);
        return [`periods/${shape}`, tunedTable(own)];
      }),
    ),
  }),
});

const plainTable = (results: readonly PlainErrors[]): MarkdownTable => ({
  columns: ['function', ...plainNetworks.map(({ name }) => name)],
  rows: rowsOf(results, ({ errors }) => showEstimate(estimate(errors))),
});

const tunedTable = (results: readonly TunedNetwork[]): MarkdownTable => ({
  columns: ['function', ...networks.map(({ name }) => name)],
  rows: rowsOf(results, ({ learningRate, omega, runs }) => {
    const settings = [`lr ${learningRate}`, ...(omega === undefined ? [] : [`ω ${omega}`])].join(', ');
    return `${showEstimate(estimate(runs.map(({ test }) => test)))}<br>${settings}`;
  }),
});

/** A row for each function, with what its networks have reached. */
const rowsOf = <Own extends { readonly dataset: string }>(
  results: readonly Own[],
  show: (result: Own) => string,
): string[][] =>
  functions.map(({ name, summary }) => [
    summary,
    ...results.filter((each) => each.dataset === name).map(show),
  ]);

import { estimate, showEstimate } from 'harmonic-mlp/sweep';
import type { Findings, Setting, Study, StudyTable } from '../../harness';
import { learnAsTheyCome, type PlainErrors, plainNetworks } from './as-they-come';
import { type Curves, draw } from './curves';
import { functions } from './functions';
import { learnTuned, networks, shapes, type TunedNetwork } from './tuned';

/** How much the choice of periods matters, and whether harmonic units with proposed ones beat others at their best. */
export const periods: Study = {
  name: 'periods',
  summary: 'Do proposed periods learn functions that defaults and other activations do not?',
  duration: 'about 8 minutes',
  document: 'periods.md',
  async run(setting: Setting): Promise<Findings> {
    const plain: { [dataset: string]: PlainErrors } = {};
    for (const dataset of functions) plain[dataset.name] = await learnAsTheyCome(dataset, setting);
    const tuned: { [shape: string]: { [dataset: string]: TunedNetwork[] } } = {};
    for (const hidden of shapes) {
      const results: { [dataset: string]: TunedNetwork[] } = {};
      for (const dataset of functions) results[dataset.name] = await learnTuned(dataset, hidden, setting);
      tuned[hidden.join('-')] = results;
    }
    const curves: Curves = await draw(functions[0], setting);
    return {
      tables: {
        'periods/plain': plainTable(plain),
        ...Object.fromEntries(
          Object.entries(tuned).map(([shape, results]) => [`periods/${shape}`, tunedTable(results)]),
        ),
      },
      figures: { plain, tuned, curves },
    };
  },
};

const titles = Object.fromEntries(functions.map(({ name, summary }) => [name, summary]));

const plainTable = (plain: { [dataset: string]: PlainErrors }): StudyTable => ({
  columns: ['function', ...plainNetworks.map(({ name }) => name)],
  rows: Object.entries(plain).map(([dataset, errors]) => [
    titles[dataset],
    ...plainNetworks.map(({ name }) => showEstimate(estimate(errors[name]))),
  ]),
});

const tunedTable = (results: { [dataset: string]: TunedNetwork[] }): StudyTable => ({
  columns: ['function', ...networks.map(({ name }) => name)],
  rows: Object.entries(results).map(([dataset, contenders]) => [
    titles[dataset],
    ...contenders.map(({ learningRate, omega, runs }) => {
      const settings = [`lr ${learningRate}`, ...(omega === undefined ? [] : [`ω ${omega}`])].join(', ');
      return `${showEstimate(estimate(runs.map(({ test }) => test)))}<br>${settings}`;
    }),
  ]),
});

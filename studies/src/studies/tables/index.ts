import { HarmonicError } from '@harmonic-mlp/core';
import { estimate, showEstimate } from 'harmonic-mlp/sweep';
import { keptStudy, trainRegression } from '../../harness';
import { readTable, split, tasks } from './data';
import pytorch from './pytorch.fixture.json';

/** The networks, by their names in PyTorch's figures; both have two hidden layers of 64 units. */
const networks = [
  { key: 'harmonic', name: 'harmonic', model: { periods: 'constant:8' } },
  { key: 'relu', name: 'ReLU', model: { activation: 'relu' } },
] as const;

const folds = 5;

type TableName = keyof typeof pytorch.errors;

/** The errors with each seed. */
export interface Errors {
  readonly table: TableName;
  readonly network: string;
  readonly here: readonly number[];
  readonly pytorch: readonly number[];
}

export const tables = keptStudy<Errors>({
  name: 'tables',
  summary: 'Whether regressions on two real tables agree with PyTorch.',
  duration: 'about 20 seconds',
  document: 'tables.md',
  async train({ seeds, quick, onProgress }) {
    const most = pytorch.errors.cars.harmonic.length;
    if (seeds > most) {
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'seeds',
        value: seeds,
        allowed: `at most ${most}, for which there are figures from PyTorch`,
      });
    }
    const results: Errors[] = [];
    for (const task of tasks) {
      const data = readTable(task);
      for (const { key, name, model } of networks) {
        const here: number[] = [];
        for (let seed = 1; seed <= seeds; seed++) {
          onProgress(`${task.name}, ${name}, seed ${seed} of ${seeds}`);
          here.push(await testError(data, model, seed, quick ? 1 : 100));
        }
        const table = task.name as TableName;
        results.push({ table, network: name, here, pytorch: pytorch.errors[table][key].slice(0, seeds) });
      }
    }
    return results;
  },
  tablesOf: (results) => ({
    tables: {
      columns: ['table', 'network', 'here', 'PyTorch', 'difference', 'largest'],
      rows: results.map(rowOf),
    },
  }),
});

/** The root mean squared error on the test data. */
async function testError(
  data: ReturnType<typeof readTable>,
  model: (typeof networks)[number]['model'],
  seed: number,
  epochs: number,
): Promise<number> {
  const { train, test } = split(data, (seed - 1) % folds);
  const batchSize = 32;
  const { error } = await trainRegression(
    {
      model: { inputSize: data.inputs[0].length, hidden: [64, 64], standardizeInputs: true, ...model },
      train,
      steps: epochs * Math.ceil(train.targets.length / batchSize),
      batchSize,
      learningRate: 1e-3,
      seed,
    },
    { error: test },
  );
  return error;
}

function rowOf({ table, network, here, pytorch: theirs }: Errors): string[] {
  const { name, unit } = tasks.find((task) => task.name === table)!;
  const [ours, reference] = [estimate(here), estimate(theirs)];
  const percent = (value: number, base: number) => 100 * (value / base - 1);
  const largest = Math.max(...here.map((value, i) => Math.abs(percent(value, theirs[i]))));
  return [
    name,
    network,
    `${showEstimate(ours)} ${unit}`,
    `${showEstimate(reference)} ${unit}`,
    `${Math.abs(percent(ours.mean, reference.mean)).toFixed(2)}%`,
    `${largest.toFixed(2)}%`,
  ];
}

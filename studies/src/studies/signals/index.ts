import { estimate, showEstimate } from 'harmonic-mlp/sweep';
import { keptStudy } from '../../harness';
import type { MarkdownTable } from '../../markdown';
import { type Drawing, draw } from './draw';
import { type Learned, learn } from './learn';
import { tasks } from './tasks';

/** What periodic units are worth where waves matter, besides functions, of which the study `periods` has some. */
export const signals = keptStudy<Learned | Drawing>({
  name: 'signals',
  summary: 'Two spirals, and seasons that go on: what do periodic units learn that others do not?',
  duration: 'about a minute',
  seeds: 10,
  document: 'study/signals.md',
  async train(setting) {
    const results: (Learned | Drawing)[] = [];
    for (const task of tasks) {
      const learned = await learn(task, setting);
      results.push(...learned, await draw(task, learned, setting));
    }
    return results;
  },
  tablesOf: (results) =>
    Object.fromEntries(
      tasks.map(({ name }) => [
        `signals/${name}`,
        tableOf(
          name,
          results.filter((each) => each.kind === 'learned').filter(({ task }) => task === name),
        ),
      ]),
    ),
});

const tableOf = (task: string, results: readonly Learned[]): MarkdownTable => ({
  columns: ['network', task === 'spirals' ? 'wrong, %' : 'unexplained', 'median', 'learning rate', 'tuned'],
  rows: results.map(({ network, choice, learningRate, runs }) => {
    const factor = task === 'spirals' ? 100 : 1;
    const errors = runs.map(({ test }) => factor * test);
    const sorted = [...errors].sort((a, b) => a - b);
    const median = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
    return [
      network,
      showEstimate(estimate(errors)),
      String(Number(median.toPrecision(2))),
      String(Number(learningRate.toPrecision(2))),
      Object.entries(choice)
        .map(([option, value]) => `${option} ${value}`)
        .join(', '),
    ];
  }),
});

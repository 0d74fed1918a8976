import { estimate, showEstimate } from 'harmonic-mlp/sweep';
import type { Findings, Setting, Study, StudyTable } from '../../harness';
import { type Learned, learn } from './learn';
import { tasks } from './tasks';

/** What periodic units are worth where waves matter, besides functions, of which the study `periods` has some. */
export const signals: Study = {
  name: 'signals',
  summary: 'Two spirals, and seasons that go on: what do periodic units learn that others do not?',
  duration: 'about a minute',
  document: 'study/signals.md',
  async run(setting: Setting): Promise<Findings> {
    const found: { [task: string]: Learned[] } = {};
    for (const task of tasks) found[task.name] = await learn(task, setting);
    return {
      tables: Object.fromEntries(
        Object.entries(found).map(([task, results]) => [`signals/${task}`, tableOf(task, results)]),
      ),
      figures: found,
    };
  },
};

const tableOf = (task: string, results: readonly Learned[]): StudyTable => ({
  columns: ['network', task === 'spirals' ? 'wrong, %' : 'unexplained', 'median', 'learning rate', 'tuned'],
  rows: results.map(({ name, choice, learningRate, runs }) => {
    const factor = task === 'spirals' ? 100 : 1;
    const errors = runs.map(({ test }) => factor * test);
    const sorted = [...errors].sort((a, b) => a - b);
    const median = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
    return [
      name,
      showEstimate(estimate(errors)),
      String(Number(median.toPrecision(2))),
      String(Number(learningRate.toPrecision(2))),
      Object.entries(choice)
        .map(([option, value]) => `${option} ${value}`)
        .join(', '),
    ];
  }),
});

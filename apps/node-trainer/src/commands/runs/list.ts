import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { commandLine } from '../../command-line';
import { csv } from '../../csv';
import { duration } from '../../epoch-table';
import { TrainerError } from '../../errors';
import { runsFolder } from '../../folders';
import { jsonHelp } from '../../options';
import { errors, output, printJson } from '../../output';
import { type FoundRuns, findRuns, isRun, modelText, type Run, readRun } from '../../runs';
import { printTable } from '../../table';
import {
  csvOption,
  dirOption,
  epochsText,
  type NamedRun,
  scoreText,
  summaryOf,
  tellDamage,
  timeText,
} from './named-runs';

interface ListOptions {
  dir: string;
  sort: keyof typeof orders;
  earlier?: boolean;
  csv?: boolean;
  json?: boolean;
}

/** Runs in the order of a key; those without one come last. */
const by =
  (key: (run: Run) => string | number | undefined) =>
  (a: Run, b: Run): number => {
    const [of, than] = [key(a), key(b)];
    if (of === than) return 0;
    if (of === undefined || than === undefined) return of === undefined ? 1 : -1;
    return of < than ? -1 : 1;
  };

/** From the better to the worse, for each metric apart. */
function byScore(a: Run, b: Run): number {
  const metrics = by(({ scoring }) => scoring.main.name)(a, b);
  const sign = a.scoring.isBetter(1, 0) ? -1 : 1;
  return metrics || by(({ best }) => best && sign * best.score)(a, b);
}

const orders = {
  // Where the eye is after a long list.
  time: by(({ started }) => started?.getTime()),
  score: byScore,
  seconds: by(({ seconds }) => seconds),
  epochs: by(({ history }) => history.length),
  name: () => 0,
};

export function addListCommand(runs: Command): void {
  const sort = new Option(
    '--sort <order>',
    `order: ${Object.keys(orders).join(', ')}; the newest comes last, the best score first`,
  );
  runs
    .command('list')
    .description('List the runs in a folder with their results.')
    .addOption(dirOption())
    .addOption(sort.choices(Object.keys(orders)).default('time'))
    .option('--earlier', 'also list runs that a later one in the same folder has moved')
    .addOption(csvOption())
    .option('--json', jsonHelp)
    .action(list);
}

async function list({ dir, sort, earlier, csv: isCsv, json }: ListOptions): Promise<void> {
  if (await isRun(dir)) {
    const problem = 'This folder is that of a run, not of several.';
    const fix = `Show it with: ${commandLine('runs', 'show', dir)}`;
    throw new TrainerError('INVALID_ARGUMENT', {
      argument: '--dir',
      value: dir,
      problem,
      fix,
      file: resolve(dir),
    });
  }
  const isNew = dir === runsFolder && !existsSync(dir);
  const { names, sweeps }: FoundRuns = isNew ? { names: [], sweeps: [] } : await findRuns(dir, { earlier });
  const named: NamedRun[] = [];
  for (const name of names) {
    const run = await readRun(join(dir, name)).catch(() => undefined);
    // Somebody may have removed it in the meantime.
    if (run !== undefined) named.push({ name, run });
  }
  named.sort((a, b) => orders[sort](a.run, b.run));
  if (json) {
    for (const each of named) printJson({ event: 'run', ...summaryOf(each) });
  } else if (isCsv) {
    printCsv(named);
  } else {
    printRuns(named, dir);
    if (sweeps.length > 0) {
      const [first] = sweeps;
      const text = `${sweeps.length === 1 ? 'A sweep is' : 'Sweeps are'} in ${sweeps.join(', ')}.`;
      output.say(`${text} List its runs with: ${commandLine('runs', 'list', '--dir', join(dir, first))}`, 2);
    }
    tellDamage(named.map(({ run }) => run));
  }
}

/** The columns of the values for programs. */
const columns = [
  'run',
  'state',
  'dataset',
  'hidden',
  'activation',
  'epochs',
  'plannedEpochs',
  'metric',
  'measuredOn',
  'best',
  'bestEpoch',
  'last',
  'seconds',
  'started',
  'folder',
] as const;

function printCsv(named: readonly NamedRun[]): void {
  const rows = named.map((each) => {
    const summary = summaryOf(each);
    return columns.map((name) => summary[name]);
  });
  output.write(csv(columns, rows));
}

function printRuns(named: readonly NamedRun[], dir: string): void {
  if (named.length === 0) {
    errors.say(
      dir === runsFolder
        ? `There are no runs in ${dir} yet. Start one with: ${commandLine('train')}`
        : `There are no runs in ${dir}.`,
    );
    return;
  }
  printTable(
    [
      { title: 'run' },
      { title: 'state', optional: 1 },
      { title: 'data', optional: 3 },
      { title: 'model', optional: 4 },
      { title: 'epochs', align: 'right', optional: 2 },
      { title: 'best', align: 'right' },
      { title: 'last', align: 'right', optional: 5 },
      { title: 'time', align: 'right', optional: 6 },
      { title: 'started', optional: 7 },
    ],
    named.map(({ name, run }) => [
      name,
      run.state,
      String(run.settings.dataset ?? '–'),
      modelText(run),
      epochsText(run),
      scoreText(run, run.best?.score, true),
      scoreText(run, run.last?.score),
      duration(run.seconds),
      timeText(run.started),
    ]),
  );
}

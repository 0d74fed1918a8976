import type { Command } from 'commander';
import { csv } from '../../csv';
import { duration } from '../../epoch-table';
import { TrainerError } from '../../errors';
import { jsonHelp } from '../../options';
import { output, printJson } from '../../output';
import { type Difference, differingSettings, differingSetup, type Run, valueText } from '../../runs';
import { type Scoring, scoreOf } from '../../scoring';
import { printFacts, printTable } from '../../table';
import { terminalPlot } from '../../terminal-plot';
import {
  csvOption,
  dirOption,
  epochsText,
  type NamedRun,
  namedRuns,
  printHeading,
  runsArgument,
  scoreText,
  summaryOf,
  tellDamage,
} from './named-runs';

interface CompareOptions {
  dir: string;
  csv?: boolean;
  json?: boolean;
}

export function addCompareCommand(runs: Command): void {
  runs
    .command('compare')
    .description('Show what differs between runs, their results, and their scores by epoch.')
    .addArgument(runsArgument('<runs...>'))
    .addOption(dirOption())
    .addOption(csvOption())
    .option('--json', jsonHelp)
    .action(compare);
}

async function compare(names: string[], { dir, csv: isCsv, json }: CompareOptions): Promise<void> {
  const named = await namedRuns(names, dir);
  if (named.length < 2) {
    const problem = 'There is only one run to compare.';
    throw new TrainerError('INVALID_ARGUMENT', { problem, fix: 'Name two or more different runs.' });
  }
  const runs = named.map(({ run }) => run);
  const settings = differingSettings(runs);
  const setup = differingSetup(runs);
  if (json) {
    const values = (of: Difference[]) =>
      Object.fromEntries(of.map(({ name, values }) => [name, values.map((value) => value ?? null)]));
    printJson({
      event: 'comparison',
      runs: named.map(summaryOf),
      settings: values(settings),
      setup: values(setup),
    });
  } else if (isCsv) {
    const results = Object.entries(summaryOf(named[0])).map(
      ([name]) => name as keyof ReturnType<typeof summaryOf>,
    );
    const summaries = named.map(summaryOf);
    output.write(
      csv(
        ['', ...named.map(({ name }) => name)],
        [
          ...[...settings, ...setup].map(({ name, values }) => [name, ...values]),
          ...results
            .filter(
              (name) => !['run', 'damage', 'dataset', 'hidden', 'activation', 'plannedEpochs'].includes(name),
            )
            .map((name) => [name, ...summaries.map((summary) => summary[name])]),
        ],
      ),
    );
  } else {
    print(named, settings, setup);
  }
}

function print(
  named: readonly NamedRun[],
  settings: readonly Difference[],
  setup: readonly Difference[],
): void {
  const names = named.map(({ name }) => name);
  const runs = named.map(({ run }) => run);
  const rows = (of: readonly Difference[]) => of.map(({ name, values }) => [name, ...values.map(valueText)]);
  output.print(output.colors.bold('Settings'));
  if (settings.length === 0) output.print('  The same in all.');
  else printSideBySide(names, rows(settings));
  if (setup.length > 0) {
    printHeading('Computed with');
    printSideBySide(names, rows(setup));
  }
  printHeading('Results');
  printSideBySide(names, [
    ['state', ...runs.map(({ state }) => state)],
    ['epochs', ...runs.map(epochsText)],
    ['best score', ...runs.map((run) => scoreText(run, run.best?.score, true))],
    ['best epoch', ...runs.map(({ best }) => String(best?.epoch ?? '–'))],
    ['last score', ...runs.map((run) => scoreText(run, run.last?.score, true))],
    [
      'training loss',
      ...runs.map(({ scoring, history }) =>
        history.length === 0 ? '–' : scoring.lossText(history.at(-1)!.trainLoss),
      ),
    ],
    ['measured on', ...runs.map(({ measuredOn }) => measuredOn)],
    ['time', ...runs.map(({ seconds }) => duration(seconds))],
  ]);
  for (const scoring of new Set(runs.map((run) => run.scoring))) {
    printPlot(
      named.filter(({ run }) => run.scoring === scoring),
      scoring,
    );
  }
  tellDamage(runs);
}

/** A table with a column for each run or, where that is too wide, a block for each row. */
function printSideBySide(names: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [['', ...names], ...rows];
  const width = all[0]
    .map((_, i) => Math.max(...all.map((row) => row[i].length)) + 2)
    .reduce((sum, each) => sum + each);
  if (width <= output.width) {
    printTable(
      all[0].map((title) => ({ title })),
      rows,
    );
    return;
  }
  for (const [name, ...values] of rows) {
    output.print(name);
    printFacts(Object.fromEntries(names.map((run, i) => [run, values[i]])));
  }
}

/** Errors that fall by more than this factor have a logarithmic axis. */
const wideRange = 20;

/** The scores by epoch. */
function printPlot(named: readonly NamedRun[], scoring: Scoring): void {
  const { title, text } = scoring.main;
  const series = named.map(({ name, run }) => ({ name, points: pointsOf(run) }));
  const scores = series
    .flatMap(({ points }) => points.map(([, score]) => score))
    .filter((score) => score > 0);
  const isWide = !scoring.isBetter(1, 0) && Math.max(...scores) > wideRange * Math.min(...scores);
  const plot = terminalPlot(series, {
    x: { title: 'epoch', integer: true },
    y: { title, scale: isWide ? 'log' : 'linear', text: isWide ? undefined : text },
  });
  if (plot !== '') output.print(`\n${plot}`);
}

const pointsOf = ({ history, scoring }: Run): (readonly [number, number])[] =>
  history.map(({ epoch, validation }) => [epoch, scoreOf(scoring, validation) ?? Number.NaN]);

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { csv } from '../../csv';
import { TrainerError } from '../../errors';
import { NotReplaced, reason, writeWhole } from '../../file-system';
import { addHelpNote } from '../../help';
import { path } from '../../options';
import { errors, output } from '../../output';
import { metricsTable } from '../../runs';
import {
  csvOption,
  dirOption,
  type NamedRun,
  namedRuns,
  runsArgument,
  summaryOf,
  tellDamage,
} from './named-runs';

interface ExportOptions {
  dir: string;
  out?: string;
  csv?: boolean;
  json?: boolean;
}

export function addExportCommand(runs: Command): void {
  const command = runs
    .command('export')
    .description('Export the metrics of runs for other programs.')
    .addArgument(runsArgument('<runs...>'))
    .addOption(dirOption())
    .option('--out <file>', 'file to write (default: standard output)', path)
    .addOption(csvOption().default(undefined, 'the default'))
    .option('--json', 'print one JSON object per run, with all settings and epochs');
  addHelpNote(
    command,
    'The table has a row for each run and epoch. Its columns are the run, the settings that differ between the runs, such as settings.learningRate, and the metrics, named as by train --json.',
  );
  command.action(exportRuns);
}

async function exportRuns(names: string[], { dir, out, json }: ExportOptions): Promise<void> {
  const named = await namedRuns(names, dir);
  tellDamage(named.map(({ run }) => run));
  const text = json ? jsonLines(named) : table(named);
  if (out === undefined) {
    output.write(text);
    return;
  }
  try {
    await writeWhole(out, text);
  } catch (error) {
    if (error instanceof NotReplaced) throw error;
    const problem = `The file cannot be written: ${reason(error)}.`;
    throw new TrainerError(
      'UNWRITABLE',
      { problem, file: resolve(out), fix: 'Give another --out.' },
      { cause: error },
    );
  }
  errors.say(`The metrics of ${named.length === 1 ? 'one run' : `${named.length} runs`} are in ${out}`, 2);
}

function table(named: readonly NamedRun[]): string {
  const { columns, rows } = metricsTable(
    named.map(({ run }) => run),
    named.map(({ name }) => name),
  );
  return csv(
    columns,
    rows.map((row) => columns.map((column) => row[column])),
  );
}

const jsonLines = (named: readonly NamedRun[]): string =>
  named
    .map((each) => {
      const { settings, config, history } = each.run;
      return `${JSON.stringify({ event: 'run', ...summaryOf(each), settings, ...config, history })}\n`;
    })
    .join('');

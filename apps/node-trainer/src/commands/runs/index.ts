import type { Command } from 'commander';
import { addHelpNote } from '../../help';
import { addCompareCommand } from './compare';
import { addExportCommand } from './export';
import { addListCommand } from './list';
import { addRemoveCommand } from './remove';
import { addShowCommand } from './show';

export function addRunsCommand(program: Command, setExitCode: (code: number) => void): void {
  const runs = program.command('runs').description('List, compare, export, and remove the runs of train.');
  addHelpNote(runs, 'A run is named by its folder, or by its name in runs, which list shows.');
  addListCommand(runs);
  addShowCommand(runs);
  addCompareCommand(runs);
  addExportCommand(runs);
  addRemoveCommand(runs, setExitCode);
}

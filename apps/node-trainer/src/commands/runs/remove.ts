import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { commandLine } from '../../command-line';
import { TrainerError } from '../../errors';
import { ExitCode } from '../../exit-code';
import { errors, output } from '../../output';
import { shown } from '../../run-recorder';
import { isEarlier, removeRun } from '../../runs';
import {
  dirOption,
  epochsText,
  type NamedRun,
  namedRuns,
  runsArgument,
  scoreText,
  sizeText,
} from './named-runs';

interface RemoveOptions {
  dir: string;
  yes?: boolean;
}

export function addRemoveCommand(runs: Command, setExitCode: (code: number) => void): void {
  runs
    .command('remove')
    .description('Remove runs, but no other files in their folders.')
    .addArgument(runsArgument('<runs...>'))
    .addOption(dirOption())
    .option('--yes', 'do not ask')
    .action(async (names: string[], options: RemoveOptions) => setExitCode(await remove(names, options)));
}

async function remove(names: string[], { dir, yes }: RemoveOptions): Promise<number> {
  const named = await namedRuns(names, dir);
  const going = named.find(({ run }) => run.state === 'running');
  if (going !== undefined) throw stillRunning(going);
  if (!yes) {
    if (!process.stdin.isTTY || !errors.isTerminal) {
      throw new TrainerError('INVALID_ARGUMENT', {
        argument: '--yes',
        problem: 'Runs are removed for good, so this has to be confirmed.',
        fix: 'Pass --yes to remove them without a question.',
      });
    }
    if (!(await isConfirmed(named))) {
      errors.say('Nothing has been removed.');
      return ExitCode.failure;
    }
  }
  for (const { run } of named) {
    const { bytes, left } = await removeRun(run.folder);
    output.say(`Removed ${shown(run.folder)} (${sizeText(bytes)}).`, 2);
    tellLeft(run.folder, left);
  }
  return ExitCode.success;
}

function stillRunning({ run: { folder, owner } }: NamedRun): TrainerError {
  return new TrainerError('FOLDER_IN_USE', {
    problem: `The run is going on (process ${owner?.pid ?? '?'} on ${owner?.host ?? '?'}).`,
    fix: 'Stop it first, or wait for it. Nothing has been removed.',
    file: resolve(folder),
  });
}

async function isConfirmed(named: readonly NamedRun[]): Promise<boolean> {
  for (const { name, run } of named) {
    const bytes = run.files.reduce((sum, file) => sum + file.bytes, 0);
    const best = scoreText(run, run.best?.score, true);
    errors.say(`  ${name}: ${run.state}, ${epochsText(run)} epochs, best ${best}, ${sizeText(bytes)}`, 2);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const runs = named.length === 1 ? 'this run' : `these ${named.length} runs`;
    const answer = await new Promise<string>((resolve, reject) => {
      terminal.on('SIGINT', () => reject(new TrainerError('INTERRUPTED', '\nNothing has been removed.')));
      terminal.on('close', () => resolve('\n'));
      terminal.question(`Remove ${runs} for good? [y/N] `).then(resolve, reject);
    });
    // After Ctrl-D, the cursor is still behind the question.
    if (answer === '\n') errors.print();
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

function tellLeft(folder: string, left: readonly string[]): void {
  const earlier = left.filter(isEarlier);
  const others = left.filter((name) => !isEarlier(name));
  if (others.length > 0) {
    output.say(
      `  Left, since no run has written it: ${others.map((name) => shown(join(folder, name))).join(', ')}`,
      2,
    );
  }
  if (earlier.length > 0) {
    const runs = earlier.map((name) => shown(join(folder, name)));
    output.say(
      `  Earlier runs in that folder are left. Remove them with: ${commandLine('runs', 'remove', ...runs)}`,
      2,
    );
  }
}

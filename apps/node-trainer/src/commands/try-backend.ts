import type { Command } from 'commander';
import { runTrial, trialCommand } from '../backends';
import { ExitCode } from '../exit-code';
import { printJson } from '../output';

/** What the command line runs in another process to see whether a backend works, and how fast. */
export function addTryBackendCommand(program: Command): void {
  program.command(`${trialCommand} <trial>`, { hidden: true }).action(async (trial: string) => {
    // Then nobody is waiting for the result any longer.
    process.once('disconnect', () => process.exit(ExitCode.failure));
    process.channel?.unref();
    await runTrial(JSON.parse(trial), printJson);
  });
}

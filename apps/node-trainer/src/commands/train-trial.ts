import type { Command } from 'commander';
import { serveTrial, trialCommand } from '../sweep';

/** What a sweep runs in another process for each trial. */
export function addTrainTrialCommand(program: Command): void {
  program.command(trialCommand, { hidden: true }).action(serveTrial);
}

import type { Command } from 'commander';
import { addBackendsCommand } from './backends';
import { addDataCommand } from './data';
import { addEvaluateCommand } from './evaluate';
import { addLrFindCommand } from './lr-find';
import { addPredictCommand } from './predict';
import { addRunsCommand } from './runs';
import { addSweepCommand } from './sweep';
import { addTrainCommand } from './train';
import { addTrainTrialCommand } from './train-trial';
import { addTryBackendCommand } from './try-backend';
import { addWorkerCommand } from './worker';

/** Adds all commands to a program, in the order of its help. */
export function addCommands(program: Command, setExitCode: (code: number) => void): void {
  addTrainCommand(program, setExitCode);
  addLrFindCommand(program, setExitCode);
  addSweepCommand(program, setExitCode);
  addWorkerCommand(program, setExitCode);
  addEvaluateCommand(program);
  addPredictCommand(program);
  addRunsCommand(program, setExitCode);
  addDataCommand(program, setExitCode);
  addBackendsCommand(program);
  addTryBackendCommand(program);
  addTrainTrialCommand(program);
}

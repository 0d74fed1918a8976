import { HarmonicError } from '@harmonic-mlp/core';
import { Command, CommanderError } from 'commander';
import { program as ownProgram } from './command-line';
import { ExitCode, Interrupted, UsageError } from './exit-code';
import { endInOrderWithoutTerminal } from './hang-up';
import { exitOnSignals } from './interruption';
import { nameOption } from './name-option';
import { errors, exitCodeOfOutput, output } from './output';
import { version } from './version';

/**
 * Runs a command line.
 *
 * @param argv the arguments, Node's own two first.
 * @param addCommands adds what there is to run; a command that fails in order sets the exit code.
 * @returns the exit code: 0 success, 1 failure, 2 wrong usage, 130 after Ctrl-C.
 */
export async function run(
  argv: readonly string[],
  addCommands: (program: Command, setExitCode: (code: number) => void) => void,
): Promise<number> {
  exitOnSignals();
  endInOrderWithoutTerminal();
  let exitCode: number = ExitCode.success;
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  const program = new Command(ownProgram())
    .description('Train neural networks with periodic activations on MNIST and its relatives.')
    .version(version)
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false, minWidthToWrap: 12 })
    .showHelpAfterError('Run with --help for all options.')
    .configureOutput({
      writeOut: (text) => output.write(text),
      writeErr: (text) => errors.say(text.trimEnd()),
      getOutHelpWidth: () => output.width,
      getErrHelpWidth: () => errors.width,
      getOutHasColors: () => output.colors.isColorSupported,
      getErrHasColors: () => errors.colors.isColorSupported,
    })
    .exitOverride();
  addCommands(program, setExitCode);

  try {
    await program.parseAsync(argv);
  } catch (error) {
    exitCode = await reportError(error, argv);
  }
  await output.hasArrived();
  await errors.hasArrived();
  return exitCodeOfOutput() ?? exitCode;
}

/** Says what went wrong, last of all, and gives the exit code for it. */
async function reportError(error: unknown, argv: readonly string[]): Promise<number> {
  if (error instanceof CommanderError) {
    // Commander has printed it already; help and version come this way too, with 0.
    return error.exitCode === 0 ? ExitCode.success : ExitCode.usage;
  }
  if (error instanceof Interrupted) {
    // Where it was the output, that has been said.
    if (exitCodeOfOutput() === undefined) errors.say(error.message);
    return ExitCode.interrupted;
  }
  if (argv.includes('--debug') && error instanceof Error) errors.print(error.stack);
  errors.say(`${errors.colors.red('error:')} ${describe(error)}`);
  // Somebody has to be told.
  if (!(await errors.hasArrived()) && !argv.includes('--json')) output.say(`error: ${describe(error)}`);
  const isUsage =
    error instanceof UsageError || (HarmonicError.is(error) && error.code === 'INVALID_ARGUMENT');
  return isUsage ? ExitCode.usage : ExitCode.failure;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const memory = outOfMemory(error);
  if (memory !== undefined) {
    return `There is not enough memory for this (${memory}). Use a smaller --hidden or --batch-size.`;
  }
  return HarmonicError.is(error) ? error.describe(nameOption) : error.message;
}

/** What says that there was no memory left, if that is what happened: JavaScript's, wasm's and TensorFlow's words. */
function outOfMemory(error: Error): string | undefined {
  if (error instanceof WebAssembly.RuntimeError) return error.message;
  return /^(Invalid (typed )?array length|Array buffer allocation|The wasm heap has no memory left).*|OOM when allocating tensor with shape\S*/.exec(
    error.message,
  )?.[0];
}

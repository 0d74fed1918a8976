import { HarmonicError } from '@harmonic-mlp/core';
import { Command, CommanderError } from 'commander';
import { program as ownProgram } from './command-line';
import { hasCode, TrainerError } from './errors';
import { ExitCode, exitCodeOf } from './exit-code';
import { endInOrderWithoutTerminal } from './hang-up';
import { helpLayout } from './help';
import { exitOnSignals } from './interruption';
import { nameOption } from './name-option';
import { errors, exitCodeOfOutput, output } from './output';
import { runSettings } from './run-settings';
import { version } from './version';

/**
 * Runs a command line.
 *
 * @param argv the arguments, Node's own two first.
 * @param addCommands adds the commands; one that ends as it should sets the exit code itself.
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
    .description(
      'Train neural networks with periodic activations on MNIST, similar data sets, and data made by a formula.',
    )
    .version(version)
    .configureHelp(helpLayout)
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
    if (error instanceof CommanderError) {
      // Commander has already printed it; help and the version also end this way, with 0.
      exitCode = error.exitCode === 0 ? ExitCode.success : ExitCode.usage;
      const meant = error.code === 'commander.unknownOption' && flagOfSetting(argv);
      if (meant) errors.say(`Did you mean ${meant}?`);
    } else {
      const known = withoutMemory(error) ?? error;
      await report(known, argv);
      exitCode = exitCodeOf(known);
    }
  }
  await output.hasArrived();
  await errors.hasArrived();
  return exitCodeOfOutput() ?? exitCode;
}

/** The flag of a setting whose name, such as learningRate, a command line has instead: `--lr` for `--learning-rate`. */
function flagOfSetting(argv: readonly string[]): string | undefined {
  const given = argv.flatMap((each) => /^--([^=]+)/.exec(each)?.[1] ?? []);
  const names = given.map((flag) => flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()));
  const meant = runSettings.find(({ name, flag }) => names.includes(name) && !given.includes(flag));
  return meant && `--${meant.flag}`;
}

/** Prints what went wrong, last of all. */
async function report(error: unknown, argv: readonly string[]): Promise<void> {
  const text = describe(error);
  if (hasCode(error, 'INTERRUPTED')) {
    // An output that can no longer be written also interrupts the work, and has been reported.
    if (exitCodeOfOutput() === undefined) errors.say(text);
    return;
  }
  if (argv.includes('--debug')) {
    for (let each = error; each instanceof Error; each = each.cause) errors.print(each.stack);
  }
  errors.say(`${errors.colors.red('error:')} ${text}`);
  // Where standard error cannot be written, standard output has to do.
  if (!(await errors.hasArrived()) && !argv.includes('--json')) output.say(`error: ${text}`);
}

function describe(error: unknown): string {
  // What is quoted stands in a file, which has the names of the settings themselves.
  if (HarmonicError.is(error))
    return error.describe(error.argument?.startsWith('"') ? (name) => name : nameOption);
  return error instanceof Error ? error.message : String(error);
}

/** JavaScript's, WebAssembly's or TensorFlow's error for a lack of memory, as one of this program's. */
function withoutMemory(error: unknown): TrainerError | undefined {
  if (!(error instanceof Error)) return undefined;
  const found =
    error instanceof WebAssembly.RuntimeError
      ? error.message
      : /^(Invalid (typed )?array length|Array buffer allocation|The wasm heap has no memory left).*|OOM when allocating tensor with shape\S*/.exec(
          error.message,
        )?.[0];
  if (found === undefined) return undefined;
  const fields = {
    problem: `There is not enough memory for this (${found}).`,
    fix: 'Use a smaller --hidden or --batch-size.',
  };
  return new TrainerError('OUT_OF_MEMORY', fields, { cause: error });
}

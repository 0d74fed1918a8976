import { Argument, Command, InvalidArgumentError } from 'commander';
import type { Study } from './harness';

export interface Options {
  readonly study: Study;
  readonly seeds: number;
  readonly quick: boolean;
  readonly reportOnly: boolean;
  readonly json: boolean;
}

const usualSeeds = 5;

function seedCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 2) return count;
  throw new InvalidArgumentError('It must be an integer at least 2.');
}

/** Parses the command line. */
export function parseOptions(argv: readonly string[], studies: readonly Study[]): Options {
  const names = studies.map(({ name }) => name);
  const others = studies.flatMap(({ name, seeds }) => (seeds === undefined ? [] : [`, of ${name} ${seeds}`]));
  const command = new Command('study')
    .description(
      'Trains networks to answer a question, prints the tables, and writes them into the documentation. Each figure is a mean over seeds with its 95% confidence interval.',
    )
    .addArgument(new Argument('<name>', 'the study').choices(names))
    .option(
      '--seeds <n>',
      `the number of seeds for each figure (default: ${usualSeeds}${others.join('')})`,
      seedCount,
    )
    .option('--quick', 'show in seconds that it works: the figures mean nothing, and nothing is written')
    .option('--report-only', 'train nothing: write the tables of what has been trained')
    .option('--json', 'print all figures as JSON instead of the tables')
    .addHelpText('after', ({ command }) => {
      const help = command.createHelp();
      const width = process.stdout.columns ?? 80;
      help.prepareContext({ helpWidth: width });
      const list = studies.map(({ name, summary, duration, document }) =>
        help.formatItem(
          name,
          Math.max(...names.map(({ length }) => length)),
          `${summary} Takes ${duration}; its tables are in docs/${document}.`,
          help,
        ),
      );
      const data =
        "Data sets are downloaded once. HARMONIC_MLP_DATA names the folder that they are in, such as /usr/share/datasets, which has Fashion-MNIST where Debian's dataset-fashion-mnist is installed.";
      return `\nStudies:\n${list.join('\n')}\n\n${help.boxWrap(data, width)}`;
    })
    .showHelpAfterError('Run with --help for all options.')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  command.parse(argv);
  const study = studies.find(({ name }) => name === command.args[0])!;
  const { seeds, quick = false, reportOnly = false, json = false } = command.opts<Partial<Options>>();
  const isChosen = seeds !== undefined;
  if (isChosen && study.hasOwnSeeds) command.error(`error: ${study.name} has seeds of its own.`);
  if (reportOnly && quick) command.error('error: --quick keeps nothing that --report-only could report.');
  if (reportOnly && isChosen)
    command.error('error: --report-only has the seeds of what has been trained: leave out --seeds.');
  return { study, seeds: seeds ?? (quick ? 2 : (study.seeds ?? usualSeeds)), quick, reportOnly, json };
}

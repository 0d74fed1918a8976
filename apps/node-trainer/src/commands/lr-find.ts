import { HarmonicError } from '@harmonic-mlp/core';
import type { Command } from 'commander';
import type { PresetName, RangeTestResult, RateSuggestions } from 'harmonic-mlp';
import { choiceTitle, parseSetting } from 'harmonic-mlp/settings';
import { type Backend, startChosenBackend, startingThreads } from '../backends';
import { commandLine, repositoryCommand } from '../command-line';
import { titleOf } from '../data';
import { ExitCode } from '../exit-code';
import {
  type Experiment,
  type GivenSettings,
  givenSettings,
  inGivenFile,
  prepareExperiment,
  resolveValues,
} from '../experiment';
import { addHelpNote } from '../help';
import { abortOnInterrupt } from '../interruption';
import {
  addTrainingOptions,
  configOption,
  givenOnCommandLine,
  path,
  presetOption,
  settingWords,
} from '../options';
import { errors, output, printJson } from '../output';
import {
  isUnused,
  isUsed,
  type RangeTestOptions,
  rangeTest,
  requireFolder,
  saveRangeTest,
  suggestionTexts,
} from '../range-test';
import { besideRun } from '../run-folder';
import { runSettings } from '../run-settings';
import { printFacts } from '../table';
import { terminalPlot } from '../terminal-plot';

interface FindOptions extends Pick<RangeTestOptions, 'start' | 'end' | 'steps' | 'smoothing' | 'divergence'> {
  preset?: PresetName;
  config?: string;
  out?: string;
  offline?: boolean;
  json?: boolean;
}

export function addLrFindCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('lr-find')
    .description('Train while the learning rate rises, and suggest rates from the loss (a range test).')
    .optionsGroup('Range test:')
    .option('--start <rate>', 'first rate', number('start'), 1e-7)
    .option('--end <rate>', 'last rate', number('end'), 10)
    .option('--steps <n>', 'steps from the first rate to the last', number('steps'), 100)
    .option('--smoothing <s>', 'weight of the earlier losses in the smoothed one', number('smoothing'), 0.95)
    .option(
      '--divergence <factor>',
      'end when the smoothed loss is more than this many times its lowest value',
      number('divergence'),
      4,
    )
    .option(
      '--out <dir>',
      `folder for ${besideRun.rangeTest}, which report draws (default: it is not saved)`,
      path,
    )
    .addOption(presetOption())
    .option(...configOption);
  addTrainingOptions(command, { has: isUsed });
  addHelpNote(command, 'The defaults are those of train. Nothing of the test stays in a model.');
  command.action(async (options: FindOptions) => {
    const settings = await givenSettings(givenOnCommandLine(command, runSettings), options);
    const unused = runSettings.filter(isUnused).map(({ name }) => name);
    // A run's configuration has these too.
    const used = Object.entries(settings.inFile).filter(([name]) => !unused.includes(name));
    try {
      setExitCode(await find({ ...settings, inFile: Object.fromEntries(used) }, options));
    } catch (error) {
      throw inGivenFile(ofOption(error), settings);
    }
  });
}

/** The options whose values the range test itself checks. */
const checked = ['start', 'end', 'steps', 'smoothing', 'divergence'];

const ofOption = (error: unknown) =>
  HarmonicError.is(error) && checked.includes(error.argument ?? '')
    ? error.with({ argument: `--${error.argument}` })
    : error;

const number = (name: string) => (text: string) =>
  parseSetting(`--${name}`, text, { kind: 'number', bounds: {} }) as number;

async function find(settings: GivenSettings, options: FindOptions): Promise<number> {
  const begun = performance.now();
  const { values } = resolveValues(settings);
  if (options.out !== undefined) await requireFolder(options.out);
  const experiment = await prepareExperiment(values, options);
  const interruption = abortOnInterrupt(() => errors.say('Stopping after this step.'));
  const { signal } = interruption;
  const onTrial = () => {
    if (errors.isTerminal) errors.say('Trying the backends on this machine …');
  };
  let backend: Backend | undefined;
  try {
    ({ backend } = await startChosenBackend(values, experiment.workload, { onTrial, signal }));
    values.backend = backend.name;
    values.threads = (await startingThreads(values.threads, backend.name, experiment.workload)).threads;
    if (!options.json) output.say(introduction(backend, experiment), 2);
    const { start, end, steps, smoothing, divergence } = options;
    const result = await rangeTest(backend, experiment, {
      ...{ start, end, steps, smoothing, divergence, signal },
      onStep: options.json ? (point) => printJson({ event: 'step', ...point }) : undefined,
    });
    if (result.ended === 'aborted') return ExitCode.interrupted;
    const file = options.out && (await saveRangeTest(options.out, result, experiment, backend));
    if (options.json) {
      const { suggestions, ended, points } = result;
      const seconds = (performance.now() - begun) / 1000;
      printJson({
        event: 'summary',
        backend: backend.name,
        steps: points.length,
        ended,
        suggestions,
        seconds,
      });
    } else {
      print(result, settings, options, file);
    }
    return ExitCode.success;
  } finally {
    interruption.release();
    await backend?.close();
  }
}

function introduction({ description }: Backend, { values, shape, data }: Experiment): string {
  const { train, noun } = data;
  return [
    `Learning-rate range test of the ${choiceTitle('activation', shape.activation)} MLP on ${titleOf(values)}: ${train.size.toLocaleString('en')} training ${noun}`,
    `${description}, batches of ${values.batchSize}, ${choiceTitle('optimizer', String(values.optimizer))}, seed ${values.seed}`,
    '',
  ].join('\n');
}

function print(
  { points, ended, suggestions }: RangeTestResult,
  { onCommandLine }: GivenSettings,
  { preset, config, out, divergence }: FindOptions,
  file: string | undefined,
): void {
  const { bold } = output.colors;
  const found = Object.entries(suggestions) as [keyof RateSuggestions, number][];
  output.print(
    terminalPlot([{ points: points.map(({ learningRate, smoothed }) => [learningRate, smoothed]) }], {
      x: { title: 'learning rate', scale: 'log' },
      y: { title: 'smoothed loss' },
      marks: found.map(([name, x]) => ({ x, name: `${name} ${rounded(x)}` })).sort((a, b) => a.x - b.x),
    }),
  );
  output.print();
  output.say(ending(points.at(-1)?.learningRate, ended, divergence), 2);
  output.print(`\n${bold('Suggestions')}`);
  if (found.length === 0) {
    output.say(
      '  None: the smoothed loss never falls. Give a lower --start, or see whether the data fit the model.',
      2,
    );
    return;
  }
  printFacts(
    Object.fromEntries(
      found.map(([name, rate]) => [name, `${rounded(rate).padEnd(8)}${suggestionTexts[name]}`]),
    ),
  );
  if (file !== undefined) output.say(`\nSaved in ${file}`, 2);
  output.print(`\n${bold('Next')}`);
  // The middle one, since noise may lead any of them astray.
  const rates = found.map(([, rate]) => rate).sort((a, b) => a - b);
  const rate = rounded(rates[Math.floor(rates.length / 2)]);
  const words = settingWords(onCommandLine);
  const given = [
    ...(preset === undefined ? [] : ['--preset', preset]),
    ...(config === undefined ? [] : ['--config', config]),
  ];
  output.say(`  ${commandLine('train', ...given, ...words, '--lr', rate)}`, 2);
  if (out !== undefined) output.say(`  ${repositoryCommand('report', out)}`, 2);
}

function ending(
  rate: number | undefined,
  ended: RangeTestResult['ended'],
  divergence: number | undefined,
): string {
  if (rate === undefined) return 'The test ended at once: the first loss is not a number.';
  const at = rounded(rate);
  if (ended === 'diverged')
    return `The test ended at a rate of ${at}, where the smoothed loss was more than ${divergence} times its lowest value.`;
  if (ended === 'notFinite')
    return `The test ended after a rate of ${at}: the next loss is not a finite number.`;
  return `The test went up to a rate of ${at}.`;
}

const rounded = (rate: number): string => String(Number(rate.toPrecision(2)));

import { join } from 'node:path';
import type { Command } from 'commander';
import type { SettingValues } from 'harmonic-mlp/settings';
import { commandLine } from '../../command-line';
import { duration, EpochTable } from '../../epoch-table';
import { jsonHelp } from '../../options';
import { output, printJson } from '../../output';
import { runFiles } from '../../run-folder';
import { shown } from '../../run-recorder';
import { settingOf } from '../../run-settings';
import { changedSettings, modelText, type Run, setupOf, valueText } from '../../runs';
import { bestOf } from '../../scoring';
import { printFacts } from '../../table';
import { endsNearZero } from '../../train-model';
import {
  dirOption,
  epochsText,
  type NamedRun,
  namedRuns,
  printHeading,
  runsArgument,
  scoreText,
  sizeText,
  summaryOf,
  tellDamage,
  timeText,
} from './named-runs';

interface ShowOptions {
  dir: string;
  json?: boolean;
}

export function addShowCommand(runs: Command): void {
  runs
    .command('show')
    .description('Show everything about one run: settings, results, epochs, files, and how to repeat it.')
    .addArgument(runsArgument('<run>'))
    .addOption(dirOption())
    .option('--json', jsonHelp)
    .action(show);
}

async function show(name: string, { dir, json }: ShowOptions): Promise<void> {
  const [named] = await namedRuns([name], dir);
  if (json) {
    const { config, settings, history, events, files } = named.run;
    const changed = changedSettings(named.run);
    printJson({
      event: 'run',
      ...summaryOf(named),
      settings,
      preset: changed.preset,
      changed: changed.settings,
      ...config,
      history,
      events,
      files,
      commands: commandsOf(named.run),
    });
    return;
  }
  print(named);
}

function print({ run }: NamedRun): void {
  const { bold } = output.colors;
  output.print(bold(shown(run.folder)));
  const { preset, settings: changed } = changedSettings(run);
  printFacts({ ...overview(run), ...(preset && { Preset: preset }), ...results(run) });
  if (Object.keys(changed).length > 0) {
    printHeading(`Settings other than ${preset ?? 'the defaults'}`);
    printFacts(
      Object.fromEntries(
        Object.entries(changed).map(([name, value]) => [`--${settingOf(name).flag}`, valueText(value)]),
      ),
    );
  }
  const setup = Object.entries(setupOf(run)).map(([name, value]) => [name, valueText(value)]);
  if (setup.length > 0) {
    printHeading('Computed with');
    printFacts(Object.fromEntries(setup));
  }
  if (run.history.length > 0) {
    printHeading('Epochs');
    printEpochs(run);
  }
  printHeading('Files');
  printFacts(Object.fromEntries(run.files.map(({ name, bytes }) => [name, sizeText(bytes)])));
  const { reproduce, resume } = commandsOf(run);
  printHeading('Next');
  if (reproduce !== undefined) output.say(`  To repeat it: ${reproduce}`, 2);
  output.say(
    resume === undefined
      ? '  No model has been saved from which it could be resumed.'
      : `  To resume it: ${resume}`,
    2,
  );
  tellDamage([run]);
}

function overview(run: Run): Record<string, string> {
  const { owner, state, settings, config, events } = run;
  const { training, validation, test } = config.data ?? {};
  const sizes = Object.entries({ training, validation, test }).flatMap(([part, size]) =>
    size === undefined ? [] : [`${size.toLocaleString('en')} ${part}`],
  );
  const failure = events.filter(({ event }) => event === 'failed').at(-1);
  return {
    State:
      owner === undefined
        ? state
        : `${state} (process ${owner.pid ?? '?'}${owner.host ? ` on ${owner.host}` : ''})`,
    ...(state === 'failed' && failure !== undefined && { Error: String(failure.message) }),
    Data: [String(settings.dataset ?? '–'), ...(sizes.length > 0 ? [`(${sizes.join(', ')})`] : [])].join(' '),
    Model: modelText(run),
    Seed: valueText(settings.seed),
    Started: timeText(run.started),
  };
}

function results(run: Run): Record<string, string> {
  const { best, last, history, scoring, measuredOn, seconds, events } = run;
  const { title } = scoring.main;
  const summary = Object(events.filter(({ event }) => event === 'finished').at(-1)?.summary);
  const isHeldOut = measuredOn === 'validation' && run.state === 'finished';
  const ofBest = scoring.measures.flatMap(({ name, title, text }) => {
    const value = summary[`test${name[0].toUpperCase()}${name.slice(1)}`];
    return isHeldOut && typeof value === 'number' ? [[`Test ${title} of that model`, text(value)]] : [];
  });
  return {
    Epochs: epochsText(run),
    ...(best && { [`Best ${measuredOn} ${title}`]: `${scoreText(run, best.score)} (epoch ${best.epoch})` }),
    ...Object.fromEntries(ofBest),
    ...(last && { [`Last ${measuredOn} ${title}`]: scoreText(run, last.score) }),
    ...(history.length > 0 && { 'Training loss': scoring.lossText(history.at(-1)!.trainLoss) }),
    'Time of epochs': duration(seconds),
  };
}

/** The most epochs that are listed. */
const mostRows = 12;

/** The first and the last epoch, the best one, and some between. */
function printEpochs({ scoring, measuredOn, history, best }: Run): void {
  const table = new EpochTable(scoring, measuredOn);
  const every = Math.ceil(history.length / mostRows);
  table.printTitles();
  for (const [i, record] of history.entries()) {
    const isListed =
      i === 0 || i === history.length - 1 || (i + 1) % every === 0 || record.epoch === best?.epoch;
    if (isListed) table.print(record, bestOf(scoring, history.slice(0, i + 1)));
  }
}

/** The commands that repeat a run, and that continue it. */
function commandsOf({ folder, settings, config, history, files, state }: Run): {
  reproduce?: string;
  resume?: string;
} {
  const has = (name: string) => files.some((file) => file.name === name);
  const isFinished = state === 'finished';
  const more = isFinished ? ['--epochs', String(2 * history.length)] : [];
  const schedule = isFinished && hasEnded(settings, config.data?.training) ? ['--schedule', 'constant'] : [];
  return {
    reproduce: has(runFiles.config)
      ? commandLine('train', '--config', shown(join(folder, runFiles.config)))
      : undefined,
    resume: has(runFiles.last)
      ? commandLine('train', '--resume', shown(folder), ...more, ...schedule)
      : undefined,
  };
}

/** Whether the schedule has ended at a learning rate of almost 0, as far as is known. */
function hasEnded(settings: SettingValues, size: number | undefined): boolean {
  const { epochs, batchSize } = settings;
  if (typeof epochs !== 'number' || typeof batchSize !== 'number' || size === undefined) return false;
  try {
    return endsNearZero({ ...settings, epochs, batchSize }, size);
  } catch {
    return false;
  }
}

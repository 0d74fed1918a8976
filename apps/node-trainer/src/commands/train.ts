import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { EventFile } from '@harmonic-mlp/tensorboard/node';
import type { Command } from 'commander';
import type { PresetName } from 'harmonic-mlp';
import type { SettingValues } from 'harmonic-mlp/settings';
import { type Backend, BackendMissing, startChosenBackend, startingThreads } from '../backends';
import { madeNames } from '../data';
import { checkpointsFolder, isEarlier } from '../earlier-checkpoints';
import { TrainerError } from '../errors';
import {
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
  settingOption,
} from '../options';
import { errors, tolerateClosedOutput } from '../output';
import { RunFolder } from '../run-folder';
import { hasFinished } from '../run-recorder';
import { checkpointSettings, runSettings } from '../run-settings';
import { instead, readRunToResume, requireResumable, requireSameAsSaved, type SavedRun } from '../saved-run';
import { createEventFile } from '../tensorboard';
import { trainModel } from '../train-model';
import { JsonReport, TerminalReport } from '../training-report';
import type { TrainingValues } from '../training-values';

/** The options that are not settings of the run. */
interface TrainOptions {
  config?: string;
  preset?: PresetName;
  out?: string;
  resume?: string;
  tensorboard?: string;
  offline?: boolean;
  json?: boolean;
  debug?: boolean;
}

export function addTrainCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('train')
    .description('Train a model; by default, the recommended one on MNIST.')
    .optionsGroup('Run:')
    .option('--out <dir>', 'folder to save the run in (default: a new one in runs)', path)
    .option('--resume <run>', 'resume the run in a folder, or from one of its checkpoints', path)
    .addOption(presetOption())
    .option(...configOption)
    .option('--tensorboard <dir>', 'folder for TensorBoard: curves, histograms, and images of the run', path)
    .optionsGroup('Checkpoints:');
  for (const setting of Object.values(checkpointSettings)) command.addOption(settingOption(setting));
  addTrainingOptions(command);
  addHelpNote(
    command,
    `Data made by a formula (${madeNames.join(', ')}) have defaults of their own, such as --hidden 64, which a run prints.`,
  );
  command.action(async (options: TrainOptions) => {
    setExitCode(await train(options, givenOnCommandLine(command, runSettings)));
  });
}

async function train(options: TrainOptions, onCommandLine: SettingValues): Promise<number> {
  const started = performance.now();
  // The training matters more than its report.
  tolerateClosedOutput();
  const { resume, out } = options;
  const place =
    resume === undefined ? undefined : requireResumable(resume, (name) => onCommandLine[name] !== undefined);
  const settings = await givenSettings(onCommandLine, options);
  // Before anything is read that another run may still be writing.
  const folder = place === undefined ? undefined : await takeFolderOf(place, out);
  let eventFile: EventFile | undefined;
  try {
    const resumed = place === undefined ? undefined : await readRunToResume(place);
    if (resumed?.insteadOf !== undefined) errors.say(instead(resumed));
    if (resumed !== undefined) requireSameAsSaved(settings.inFile, resumed);
    if (resumed !== undefined && options.preset !== undefined)
      errors.say(`--preset ${options.preset} changes nothing: a resumed run keeps its settings.`);
    if (options.tensorboard !== undefined) eventFile = await createEventFile(options.tensorboard);
    return await trainIn(folder, resumed, eventFile, options, settings, started);
  } catch (error) {
    throw inGivenFile(error, settings);
  } finally {
    eventFile?.close();
    folder?.close();
  }
}

/** Locks the folder of a run that is resumed in place, if it exists. */
async function takeFolderOf(file: string, out?: string): Promise<RunFolder | undefined> {
  // To go back in a run's own folder would lose what came after.
  if (isEarlier(file)) return undefined;
  const folder = dirname(file);
  const isHere = out === undefined || resolve(out) === resolve(folder);
  const isThere = existsSync(file) || existsSync(join(folder, checkpointsFolder));
  return isHere && isThere ? await RunFolder.open(folder, file) : undefined;
}

async function trainIn(
  folder: RunFolder | undefined,
  resumed: SavedRun | undefined,
  eventFile: EventFile | undefined,
  { out, offline, json, debug = false }: TrainOptions,
  settings: GivenSettings,
  started: number,
): Promise<number> {
  const { values, given } = resolveValues(settings, resumed);
  // One that was killed after its last epoch only has to tell its end.
  const isToEnd = folder !== undefined && !(await hasFinished(folder.path));
  requireMoreEpochs(values, resumed, isToEnd);
  const experiment = await prepareExperiment(values, { offline, resumed });
  const { data, scoring, workload } = experiment;
  const measuredOn = data.validation === undefined ? 'test' : 'validation';
  const report = json
    ? new JsonReport(scoring, measuredOn)
    : new TerminalReport(values.epochs, scoring, measuredOn);
  let isTraining = false;
  const interruption = abortOnInterrupt(() => {
    if (isTraining) report.interrupt();
  });
  const { signal } = interruption;
  let backend: Backend | undefined;
  try {
    const chosen = await startChosenBackend(values, workload, {
      onTrial: () => report.choosing(),
      signal,
    }).catch((error) => {
      if (!(error instanceof BackendMissing) || resumed === undefined || given.backend !== undefined)
        throw error;
      throw error.with({ fix: `${error.remedy} Or resume on another backend with --backend auto.` });
    });
    backend = chosen.backend;
    values.backend = backend.name;
    if (chosen.why !== undefined) report.chosen(backend, chosen.why);
    const threads = await startingThreads(values.threads, backend.name, workload);
    isTraining = true;
    const isDebugging = debug;
    return await trainModel(backend, {
      ...experiment,
      given,
      threads,
      resumed,
      folder,
      out,
      eventFile,
      report,
      signal,
      isDebugging,
      started,
    });
  } finally {
    interruption.release();
    await backend?.close();
  }
}

function requireMoreEpochs(
  { epochs }: TrainingValues,
  resumed: SavedRun | undefined,
  isToEnd: boolean,
): void {
  const done = resumed?.checkpoint.history.length ?? 0;
  if (epochs > done || (isToEnd && epochs === done)) return;
  throw new TrainerError('INVALID_ARGUMENT', {
    argument: 'epochs',
    value: epochs,
    allowed: `an integer at least ${done + 1}`,
    problem: `The run already has ${done} ${done === 1 ? 'epoch' : 'epochs'}.`,
    fix: `Use --epochs ${done + 1} or more.`,
  });
}

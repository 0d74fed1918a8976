import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { foldIn, randomKey } from '@harmonic-mlp/core';
import type { Command } from 'commander';
import { resolveConfig } from 'harmonic-mlp';
import {
  defaultValues,
  modelOptions,
  requireApplicable,
  type SettingValues,
  scheduleOption,
  settings,
} from 'harmonic-mlp/settings';
import { type Backend, BackendMissing, startChosenBackend, startingThreads } from '../backends';
import { inConfigFile, readConfigFile } from '../config-file';
import { type Dataset, defaultsFor, loadData, madeNames, type Part, taskOf } from '../data';
import { TrainerError } from '../errors';
import { addHelpNote } from '../help';
import { abortOnInterrupt } from '../interruption';
import { addTrainingOptions, defaultOption, givenOnCommandLine, path, settingOption } from '../options';
import { tolerateClosedOutput } from '../output';
import { RunFolder } from '../run-folder';
import { override, runSettings } from '../run-settings';
import {
  changesOf,
  readSavedRun,
  requireResumable,
  requireSameAsSaved,
  resumedValues,
  type SavedRun,
} from '../saved-run';
import { scoringOf } from '../scoring';
import { trainModel } from '../train-model';
import { JsonReport, TerminalReport } from '../training-report';
import type { TrainingValues } from '../training-values';

/** The options that are not settings of the run. */
interface TrainOptions {
  config?: string;
  out?: string;
  resume?: string;
  offline?: boolean;
  json?: boolean;
  debug?: boolean;
}

const headings: Record<string, string> = {
  model: 'Model:',
  training: 'Training:',
  optimizer: 'Optimizer:',
  schedule: 'Schedule:',
};

export function addTrainCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('train')
    .description('Train a model; the defaults are those of the published experiment on MNIST.')
    .optionsGroup('Run:')
    .option('--out <dir>', 'folder to save the run in (default: a new one in runs)', path)
    .option('--resume <run>', 'resume the run in a folder, or that of a last.safetensors', path)
    .option(
      '--config <file>',
      'JSON file of settings, named in camel case, or the config.json of a run; options override it',
      path,
    );
  for (const setting of settings)
    command.optionsGroup(headings[setting.group]).addOption(settingOption(setting));
  addTrainingOptions(command);
  for (const setting of runSettings) {
    if (setting.type.kind === 'flag') command.addOption(defaultOption(setting));
  }
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
  const inFile = options.config === undefined ? {} : await readConfigFile(options.config);
  // Before anything is read that another run may still be writing.
  const folder = place === undefined ? undefined : await takeFolderOf(place, out);
  try {
    const resumed = place === undefined ? undefined : await readSavedRun(place);
    if (resumed !== undefined) requireSameAsSaved(inFile, resumed);
    return await trainIn(folder, resumed, options, { inFile, onCommandLine }, started);
  } catch (error) {
    const { argument = '', file } = Object(error) as Partial<TrainerError>;
    const isInFile = inFile[argument] !== undefined && onCommandLine[argument] === undefined;
    const isKnown = file !== undefined && file !== options.config;
    throw isInFile && !isKnown ? inConfigFile(error, options.config!) : error;
  } finally {
    folder?.close();
  }
}

/** Locks the folder of a run that is resumed in place, if it exists. */
async function takeFolderOf(file: string, out?: string): Promise<RunFolder | undefined> {
  const folder = dirname(file);
  const isHere = out === undefined || resolve(out) === resolve(folder);
  return isHere && existsSync(file) ? await RunFolder.open(folder) : undefined;
}

async function trainIn(
  folder: RunFolder | undefined,
  resumed: SavedRun | undefined,
  { config, out, offline, json, debug = false }: TrainOptions,
  { inFile, onCommandLine }: Record<'inFile' | 'onCommandLine', SettingValues>,
  started: number,
): Promise<number> {
  const given = override(resumed === undefined ? inFile : changesOf(inFile, resumed), onCommandLine);
  const own = resumed === undefined ? given : resumedValues(resumed, given);
  const usual = defaultValues(runSettings, given);
  const dataset = String(own.dataset ?? usual.dataset);
  const values = {
    ...usual,
    ...defaultsFor(dataset, own),
    ...own,
    task: taskOf(dataset),
  } as Partial<TrainingValues> as TrainingValues;
  // Absolute, so that the run finds its data from any folder.
  values.dataDir = values.dataDir && resolve(values.dataDir);
  requireApplicable(onCommandLine, values, { table: runSettings });
  requireApplicable(given, values, { table: runSettings, file: config });
  scheduleOption(values); // Refuses what the schedule refuses, before anything loads.
  requireMoreEpochs(values, resumed);

  const all = await loadData(values, { offline });
  const dataFingerprint = await all.fingerprint();
  if (resumed !== undefined && resumed.dataFingerprint !== dataFingerprint)
    throw otherData(all, resumed, values);
  const data =
    values.validation === undefined
      ? all
      : all.holdOut(values.validation, foldIn(randomKey(values.seed), 'validation split'));
  const shape = resumed?.checkpoint.config ?? resolveConfig({ ...modelOptions(values), ...data.shape });
  const scoring = scoringOf(shape.task);
  const measuredOn = data.validation === undefined ? 'test' : 'validation';
  const report = json
    ? new JsonReport(scoring, measuredOn)
    : new TerminalReport(values.epochs, scoring, measuredOn);
  let isTraining = false;
  const interruption = abortOnInterrupt(() => {
    if (isTraining) report.interrupt();
  });
  let backend: Backend | undefined;
  try {
    const workload = {
      model: shape,
      batchSize: Math.min(values.batchSize, data.train.size),
      background: backgroundOf(data.train),
    };
    const chosen = await startChosenBackend(values, workload, {
      onTrial: () => report.choosing(),
      signal: interruption.signal,
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
    const { signal } = interruption;
    return await trainModel(backend, {
      values,
      given,
      workload,
      threads,
      resumed,
      folder,
      out,
      shape,
      data,
      dataFingerprint,
      scoring,
      report,
      signal,
      isDebugging: debug,
      started,
    });
  } finally {
    interruption.release();
    await backend?.close();
  }
}

/** The error for data that are not those of the resumed run. */
function otherData({ noun }: Dataset, { values: of, file }: SavedRun, values: TrainingValues): TrainerError {
  const isOther = values.dataset !== of.dataset;
  return new TrainerError('CHECKSUM_MISMATCH', {
    argument: isOther ? 'dataset' : 'dataDir',
    value: isOther ? values.dataset : values.dataDir,
    problem: `The training ${noun} are not those of this run${isOther ? `, which was started on ${of.dataset}` : ''}.`,
    fix: isOther ? 'Leave --dataset out.' : 'Pass the --data-dir that it was started with.',
    file,
  });
}

function requireMoreEpochs({ epochs }: TrainingValues, resumed: SavedRun | undefined): void {
  const done = resumed?.checkpoint.history.length ?? 0;
  if (epochs > done) return;
  throw new TrainerError('INVALID_ARGUMENT', {
    argument: 'epochs',
    value: epochs,
    allowed: `an integer at least ${done + 1}`,
    problem: `The run already has ${done} ${done === 1 ? 'epoch' : 'epochs'}.`,
    fix: `Use --epochs ${done + 1} or more.`,
  });
}

/** The fraction of input values that equal the most frequent one, estimated from a sample. */
function backgroundOf({ inputs }: Part): number {
  const stride = Math.max(1, Math.floor(inputs.length / 100_000));
  const counts = new Map<number, number>();
  let values = 0;
  for (let i = 0; i < inputs.length; i += stride, values++)
    counts.set(inputs[i], (counts.get(inputs[i]) ?? 0) + 1);
  return Math.max(...counts.values()) / values;
}

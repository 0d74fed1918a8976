import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { HarmonicError } from '@harmonic-mlp/core';
import { version_core } from '@tensorflow/tfjs-core';
import { type Command, Option } from 'commander';
import type { PresetName } from 'harmonic-mlp';
import { requireApplicable, type SettingValues, settings } from 'harmonic-mlp/settings';
import {
  type Axes,
  adaptiveRates,
  adaptiveSettings,
  fixedRates,
  gridOf,
  type SearchName,
  type SweepFile,
  type SweepResult,
  type TrialRecord,
} from 'harmonic-mlp/sweep';
import { type Backend, startBackend } from '../backends';
import { commandLine, repositoryCommand } from '../command-line';
import { counted } from '../counted';
import { titleOf, usualPreset } from '../data';
import { hasCode, TrainerError } from '../errors';
import { ExitCode } from '../exit-code';
import { type Experiment, prepareExperiment, resolveValues } from '../experiment';
import { makeFolder, makeNewFolder, reason } from '../file-system';
import { lockFolder } from '../folder-lock';
import { datedFolder, sweepsFolder } from '../folders';
import { addHelpNote } from '../help';
import { abortOnInterrupt } from '../interruption';
import {
  addressIn,
  addTrainingOptions,
  axisOption,
  integer,
  path,
  presetOption,
  queueOption,
  settingOption,
} from '../options';
import { errors, output, printJson, tolerateClosedOutput } from '../output';
import { type Coordination, coordinate, requireQueue } from '../queue';
import { rangeTest, saveRangeTest } from '../range-test';
import { shown } from '../run-recorder';
import { checkpointSettings, settingOf } from '../run-settings';
import { type Measure, scoringOf } from '../scoring';
import {
  axisApplies,
  conduct,
  format,
  givenAxes,
  JsonSweepReport,
  knownTest,
  Ledger,
  labelOf,
  type Outcome,
  outcomeOf,
  parseSeeds,
  planRecord,
  readPlan,
  readSweepFile,
  requirePlan,
  type Share,
  Standing,
  type SweepPlan,
  type SweepReport,
  shareOf,
  sweepFiles,
  TerminalSweepReport,
  type TestResult,
  type TrialResult,
  testBest,
  totalOf,
  trainInProcess,
  trialSettings,
  trialsWithoutModel,
  writePlan,
  writeSweepFile,
} from '../sweep';
import { printFacts, printTable } from '../table';
import { version } from '../version';
import { unbroken } from '../wrapped';

interface SweepOptions {
  out?: string;
  resume?: string;
  preset?: PresetName;
  config?: string;
  plan?: 'fixed' | 'adaptive';
  seeds?: number[];
  search?: SearchName;
  trials?: number;
  searchSeed?: number;
  prune?: string;
  jobs?: number;
  queue?: string | true;
  offline?: boolean;
  json?: boolean;
}

/** The fraction of the training examples on which configurations are compared, unless another is given: 10,000 images of MNIST. */
const usualValidation = 1 / 6;

export function addSweepCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('sweep')
    .description('Train many configurations, each with several seeds, and compare them.')
    .optionsGroup('Sweep:')
    .option('--out <dir>', `folder for the sweep (default: a new one in ${sweepsFolder})`, path)
    .option('--resume <dir>', 'continue the sweep in a folder', path)
    .option(
      '--config <file>',
      'YAML or JSON file of a sweep, with settings and axes; options override it',
      path,
    )
    .addOption(presetOption('recommended; published with --plan, and for data made by a formula'))
    .addOption(
      new Option(
        '--plan <name>',
        'sweep of the published experiment: fixed learning rates, or rates around what lr-find suggests (adaptive)',
      ).choices(['fixed', 'adaptive']),
    )
    .option(
      '--seeds <n>',
      'number of seeds for each configuration, or the seeds themselves, such as 3,5,8 (default: 1)',
      parseSeeds,
    )
    .addOption(
      new Option(
        '--search <name>',
        'how configurations are found: grid (all), random, or tpe (near those that did well) (default: grid; random if there is a range)',
      ).choices(['grid', 'random', 'tpe']),
    )
    .option(
      '--trials <n>',
      'configurations to try, except in a grid (default: 20)',
      integer('--trials', { min: 1 }),
    )
    .option('--search-seed <n>', 'seed of the search (default: 0)', integer('--search-seed', { min: 0 }))
    .addOption(
      new Option(
        '--prune <name>',
        'end trials early that do badly: asha (successive halving) or median (default: none)',
      ).choices(['none', 'asha', 'median']),
    )
    .option(
      '--jobs <n>',
      'trials at once, each in a process of its own (default: as many as there are cores)',
      integer('--jobs', { min: 1 }),
    );
  command.addOption(queueOption('have workers on other machines train the trials'));
  command.optionsGroup('Checkpoints of a trial:');
  for (const setting of Object.values(checkpointSettings)) command.addOption(settingOption(setting));
  addTrainingOptions(command, {
    has: ({ name }) => name !== 'seed',
    optionOf: axisOption,
  });
  addHelpNote(
    command,
    'A setting with several values is varied: --lr 1e-3,3e-3, or --lr log:1e-4..1e-2 for a range (log:1e-4..1e-2:5 for five of its values); one that is a list is given several times: --hidden 512,256 --hidden 128. Configurations are compared on held-out training examples, by default a sixth; only the best is evaluated on the test examples, at the end.',
  );
  command.action(async (options: SweepOptions) => {
    tolerateClosedOutput();
    setExitCode(
      options.resume === undefined
        ? await begin(command, options)
        : await resume(command, options, options.resume),
    );
  });
}

/** A sweep that is ready to go on. */
interface Ready {
  folder: string;
  plan: SweepPlan;
  ledger: Ledger;
  earlier: readonly TrialRecord[];
  share: Share;
}

async function begin(command: Command, options: SweepOptions): Promise<number> {
  // Before anything is made for it.
  if (options.queue !== undefined) await requireQueue(addressIn(options.queue));
  const given = givenAxes(command);
  const file = options.config === undefined ? {} : await readSweepFile(options.config);
  const { threads, ...common } = merged(file, given, options.plan);
  const draft: SweepFile = {
    ...file,
    ...common,
    preset: options.preset ?? file.preset ?? presetOf(common.settings, options),
    seeds: options.seeds ?? file.seeds ?? 1,
    ...(options.trials !== undefined && { trials: options.trials }),
    ...(options.searchSeed !== undefined && { searchSeed: options.searchSeed }),
  };
  const interruption = abortOnInterrupt(() => errors.say('Stopping …'));
  const { signal } = interruption;
  try {
    let { axes = {} } = draft;
    const base = draft.settings!;
    let saveTest: ((folder: string) => Promise<string>) | undefined;
    if (options.plan === 'adaptive' && axes.learningRate === undefined && base.learningRate === undefined) {
      const found = await ratesFromRangeTest(draft, options, signal);
      axes = { ...axes, learningRate: found.rates };
      saveTest = found.save;
    }
    const experiment = await firstExperiment(draft, axes, options);
    const plan = planOf({ ...draft, axes }, experiment, options);
    requireAllUsed(plan);
    await requirePlan(plan, { isNew: true }).catch((error) => {
      const isInFile = HarmonicError.is(error) && options.config !== undefined;
      throw isInFile ? error.with({ file: options.config }) : error;
    });
    requireAllValid(plan);
    const share = sharesOf(plan, options, threads);
    const folder = await newFolder(options.out);
    const release = await lockSweep(folder);
    try {
      await saveTest?.(folder);
      await writePlan(folder, plan);
      const { ledger } = await Ledger.open(join(folder, sweepFiles.ledger));
      await ledger.append(planRecord(plan));
      return await run({ folder, plan, ledger, earlier: [], share }, options, experiment, signal);
    } finally {
      release();
    }
  } finally {
    interruption.release();
  }
}

/** The preset beneath a sweep's settings, unless it says which: that of the published experiment's plans is its own. */
function presetOf({ dataset = settingOf('dataset').type.default }: SettingValues, { plan }: SweepOptions) {
  const usual = usualPreset(String(dataset));
  return usual !== undefined && plan !== undefined ? 'published' : usual;
}

/** Settings and axes: the command line's, then the file's, then the plan's, each setting from the first that has it. */
function merged(file: SweepFile, given: ReturnType<typeof givenAxes>, name: SweepOptions['plan']) {
  const planned =
    name === 'fixed'
      ? fixedRates
      : { axes: {} as Axes, settings: name === 'adaptive' ? adaptiveSettings : {} };
  let [settings, axes]: [SettingValues, Axes] = [{ ...planned.settings }, { ...planned.axes }];
  for (const layer of [file, given]) {
    const names = [...Object.keys(layer.settings ?? {}), ...Object.keys(layer.axes ?? {})];
    const others = <T extends object>(of: T) =>
      Object.fromEntries(Object.entries(of).filter(([each]) => !names.includes(each)));
    [settings, axes] = [
      { ...others(settings), ...layer.settings },
      { ...(others(axes) as Axes), ...layer.axes },
    ];
  }
  const { threads, backend, validation = usualValidation, ...rest } = settings;
  return {
    settings: {
      // Of hundreds of trials, an earlier checkpoint of each takes much room.
      keep: 1,
      ...rest,
      validation,
      // Processes on all cores need no other one.
      backend: backend === undefined || backend === 'auto' ? 'wasm' : backend,
    },
    axes,
    threads: typeof threads === 'number' ? threads : undefined,
  };
}

/** The range test of the published adaptive sweep, and the rates around what it suggests. */
async function ratesFromRangeTest(
  { preset, settings: base = {} }: SweepFile,
  { offline, json }: SweepOptions,
  signal: AbortSignal,
): Promise<{ rates: readonly unknown[]; save: (folder: string) => Promise<string> }> {
  const { values } = resolveValues({ onCommandLine: base, inFile: {}, preset });
  const experiment = await prepareExperiment(values, { offline });
  if (!json) errors.say('Range test of the learning rate …');
  let backend: Backend | undefined;
  try {
    backend = await startBackend({ ...values, backend: base.backend as Backend['name'], signal });
    const { name, version } = backend;
    const result = await rangeTest(backend, experiment, { signal });
    const { suggestions, ended } = result;
    if (ended === 'aborted') throw new TrainerError('INTERRUPTED', 'Interrupted before the sweep began.');
    const rates = adaptiveRates(suggestions)?.axes.learningRate as readonly number[] | undefined;
    if (rates === undefined) {
      throw new TrainerError('UNSUPPORTED', {
        problem: 'The range test suggests no learning rate: the loss never falls.',
        fix: 'Look at it with lr-find, or give --lr.',
      });
    }
    return { rates, save: (folder) => saveRangeTest(folder, result, experiment, { name, version }) };
  } finally {
    await backend?.close();
  }
}

/** What the first configuration would train, so that bad input is refused before anything is written. */
async function firstExperiment(
  { preset, settings: base = {} }: Pick<SweepFile, 'preset' | 'settings'>,
  axes: Axes,
  { offline }: SweepOptions,
): Promise<Experiment> {
  const first = Object.fromEntries(
    Object.entries(axes).map(([name, axis]) => [
      name,
      Array.isArray(axis) ? axis[0] : (axis as { from: number }).from,
    ]),
  );
  const alone = Object.fromEntries(Object.entries(first).map(([name, value]) => [name, [value]]));
  const [applying] = gridOf(alone, axisApplies({ preset, settings: base }));
  // An axis that applies with other values of another axis is left out, as in the configuration; one that never does is refused.
  const isRefused = (name: string) => axes[settingOf(name).when?.setting ?? ''] === undefined;
  const values = Object.fromEntries(
    Object.entries(first).filter(([name]) => name in applying || isRefused(name)),
  );
  const { values: all } = resolveValues({
    onCommandLine: trialSettings({ preset, settings: base }, values, 0),
    inFile: {},
  });
  return await prepareExperiment(all, { offline });
}

function planOf(
  { preset, settings = {}, axes = {}, seeds, trials = 20, searchSeed = 0, pruning = {}, ...file }: SweepFile,
  { data, dataFingerprint, scoring, shape }: Experiment,
  options: SweepOptions,
): SweepPlan {
  const range = Object.keys(axes).find(
    (name) => !Array.isArray(axes[name]) && (axes[name] as { points?: number }).points === undefined,
  );
  const search = options.search ?? file.search ?? (range === undefined ? 'grid' : 'random');
  if (search === 'grid' && range !== undefined) {
    throw new TrainerError('INVALID_ARGUMENT', {
      argument: optionOf(range),
      problem: `${optionOf(range)} is a range, of which a grid needs the number of values.`,
      fix: 'Give it after a colon, as in log:1e-4..1e-2:5, or search at random.',
    });
  }
  if (search === 'grid' && options.trials !== undefined) {
    throw new TrainerError('INVALID_ARGUMENT', {
      argument: '--trials',
      problem: '--trials is given, but a grid trains all its configurations.',
      fix: 'Leave it out, or give --search random.',
    });
  }
  return {
    format,
    id: randomUUID(),
    preset,
    settings: {
      ...settings,
      ...(settings.dataDir !== undefined && { dataDir: resolve(String(settings.dataDir)) }),
    },
    axes,
    seeds: typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => i) : (seeds ?? [0]),
    search,
    ...(search !== 'grid' && { trials }),
    searchSeed,
    prune: options.prune ?? file.prune ?? 'none',
    pruning: { ...pruning } as Record<string, number>,
    metric: scoring.main.name,
    goal: scoring.isBetter(1, 0) ? 'maximize' : 'minimize',
    task: shape.task ?? 'classification',
    ...(data.noun === 'images' && { dataFingerprint }),
    versions: versionsHere(),
  };
}

/** The most configurations of a grid that are checked before the first is trained. */
const mostChecked = 1000;

/** @throws {HarmonicError} `INVALID_ARGUMENT` for a setting that applies with none of the values of the axis that it depends on. */
function requireAllUsed({ settings: base, axes }: SweepPlan): void {
  const given = { ...base, ...axes };
  for (const setting of Object.keys(given).map(settingOf)) {
    const { name, when } = setting;
    const axis = (axes as Axes)[when?.setting ?? ''];
    if (!Array.isArray(axis) || axis.some((value) => when!.is.includes(String(value)))) continue;
    const values = { [when!.setting]: axis.join(' or ') };
    requireApplicable({ [name]: given[name] }, values, { table: [setting] });
  }
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for settings that do not go together in one of the configurations. */
function requireAllValid(plan: SweepPlan): void {
  if (plan.search !== 'grid') return;
  for (const values of gridOf(plan.axes as Axes, axisApplies(plan)).slice(0, mostChecked))
    resolveValues({ onCommandLine: trialSettings(plan, values, 0), inFile: {} });
}

async function newFolder(out: string | undefined): Promise<string> {
  try {
    if (out === undefined) return await makeNewFolder(datedFolder(sweepsFolder));
    await makeFolder(out);
  } catch (cause) {
    const problem = `The folder of the sweep cannot be made: ${reason(cause)}.`;
    const fields = { problem, file: resolve(out ?? sweepsFolder), fix: 'Give another --out.' };
    throw new TrainerError('UNWRITABLE', fields, { cause });
  }
  if (!existsSync(join(out, sweepFiles.plan)) && !existsSync(join(out, sweepFiles.ledger))) return out;
  throw new TrainerError('INVALID_ARGUMENT', {
    argument: '--out',
    value: out,
    problem: 'There is a sweep in this folder already.',
    fix: `Continue it with --resume ${shown(out)}, or give another --out.`,
  });
}

/** Locks the folder of a sweep, as that of a run. */
const lockSweep = (folder: string): Promise<() => void> =>
  lockFolder(folder, () => errors.say('Checking whether the sweep is still going …')).catch((error) => {
    if (!hasCode(error, 'FOLDER_IN_USE')) throw error;
    throw error.with({ fix: 'Wait for it, or interrupt it: it can be resumed.' });
  });

async function resume(command: Command, options: SweepOptions, folder: string): Promise<number> {
  const { settings: given, axes } = givenAxes(command);
  const { threads, ...others } = given;
  const fixed = [
    'out',
    'preset',
    'config',
    'plan',
    'seeds',
    'search',
    'trials',
    'searchSeed',
    'prune',
  ] as const;
  const repeated = [
    ...fixed.filter((name) => options[name] !== undefined),
    ...Object.keys({ ...others, ...axes }),
  ][0];
  if (repeated !== undefined) {
    throw new TrainerError('INVALID_ARGUMENT', {
      argument: repeated,
      problem: `${optionOf(repeated)} cannot be given with --resume: a sweep keeps what it was started with.`,
      fix: 'These may change: --jobs, --threads, --queue, --offline, --json.',
    });
  }
  if (!existsSync(join(folder, sweepFiles.plan)) && !existsSync(join(folder, sweepFiles.ledger))) {
    throw new TrainerError('FILE_NOT_FOUND', {
      argument: '--resume',
      problem: 'There is no sweep in this folder.',
      fix: 'Pass the folder that the sweep was started with.',
      file: resolve(folder),
    });
  }
  const interruption = abortOnInterrupt(() => errors.say('Stopping …'));
  const release = await lockSweep(folder);
  try {
    const { ledger, records, damaged } = await Ledger.open(join(folder, sweepFiles.ledger));
    const { plan, warning } = await readPlan(folder, records);
    if (warning !== undefined) errors.say(warning);
    if (records.length === 0 && damaged.length === 0) await ledger.append(planRecord(plan));
    const file = join(folder, sweepFiles.plan);
    await requirePlan(plan, { isNew: false }).catch((error) => {
      throw HarmonicError.is(error) ? error.with({ file }) : error;
    });
    tellOtherVersions(plan);
    // A trial that failed has another chance: the disk may have been full, or its process killed.
    const known = records.filter(
      ({ event }) => event !== 'sweep' && event !== 'failed',
    ) as unknown as TrialRecord[];
    const earlier = damaged.length === 0 ? known : withoutGaps(known);
    if (damaged.length > 0) {
      errors.say(
        `${join(folder, sweepFiles.ledger)}: Line ${damaged.join(', ')} is damaged. The trials that it concerned are trained again.`,
      );
    }
    // Before a file that was damaged is needed once more.
    if (warning !== undefined) await writePlan(folder, plan);
    const experiment = await firstExperiment(plan, plan.axes as Axes, options);
    const share = sharesOf(plan, options, typeof threads === 'number' ? threads : undefined);
    return await run({ folder, plan, ledger, earlier, share }, options, experiment, interruption.signal);
  } finally {
    release();
    interruption.release();
  }
}

/** Says that results may differ from those before. */
function tellOtherVersions({ versions }: SweepPlan): void {
  const now = versionsHere();
  const others = Object.entries(versions).filter(([name, version]) => now[name] !== version);
  if (others.length === 0) return;
  const texts = others.map(([name, version]) => `${name} ${version} (now ${now[name] ?? 'none'})`);
  errors.say(`The sweep was started with ${texts.join(', ')}: what is trained now may differ from what was.`);
}

const versionsHere = (): Record<string, string> => ({
  trainer: version,
  tfjs: version_core,
  node: process.version,
});

const optionOf = (name: string) => {
  const setting = settings.find((each) => each.name === name);
  return `--${setting?.flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
};

/**
 * Records without those of trials whose start is missing, and of all after a configuration of which no start is there: what these
 * have come to is read from their folders.
 */
function withoutGaps(records: readonly TrialRecord[]): TrialRecord[] {
  const started = new Set<string>();
  const ended = new Set<string>();
  const kept: TrialRecord[] = [];
  let configurations = 0;
  for (const record of records) {
    if (record.event === 'started') {
      if (record.configuration > configurations) continue;
      configurations = Math.max(configurations, record.configuration + 1);
      started.add(record.trial);
    } else if (!started.has(record.trial) || ended.has(record.trial)) {
      continue;
    } else if (record.event !== 'progress') {
      ended.add(record.trial);
    }
    kept.push(record);
  }
  return kept;
}

async function run(
  { folder, plan, ledger, earlier, share: { jobs, threads } }: Ready,
  options: SweepOptions,
  experiment: Experiment,
  signal: AbortSignal,
): Promise<number> {
  const { offline, json } = options;
  const scoring = scoringOf(plan.task);
  const total = totalOf(plan);
  const begun = performance.now();
  const standing = new Standing(plan, scoring, earlier).state();
  if (!json)
    output.say(
      introduction(plan, experiment, {
        ...{ jobs, threads, folder },
        done: standing.done,
        isQueued: options.queue !== undefined,
      }),
      2,
    );
  const report = json ? new JsonSweepReport() : new TerminalSweepReport(scoring.main, standing);
  let result: SweepResult;
  let outcome: Outcome;
  let queue: Coordination | undefined;
  try {
    queue =
      options.queue === undefined
        ? undefined
        : await coordinate(addressIn(options.queue), {
            sweep: plan.id,
            signal,
            onNotice: (text) => report.warn(text),
          });
    result = await conduct({
      folder,
      plan,
      ledger,
      earlier,
      scoring,
      jobs,
      report,
      signal,
      trainTrial:
        queue?.trainTrial ?? ((trial, context) => trainInProcess(trial, { ...context, threads, offline })),
    });
    const isOver = () => result.aborted || signal.aborted;
    if (!isOver()) await restoreModels(folder, plan, result, { threads, offline, signal, report });
    if (isOver()) {
      const ended = `Interrupted after ${result.trials} of ${total} trials, and saved.`;
      const address = addressIn(options.queue);
      // Of an address with a password, only HARMONIC_MLP_QUEUE is a good place.
      const more =
        options.queue === undefined
          ? []
          : ['--queue', ...(address && !address.includes('@') ? [address] : [])];
      report.close();
      errors.say(`${ended} Resume with: ${commandLine('sweep', '--resume', shown(folder), ...more)}`, 2);
      return ExitCode.interrupted;
    }
    const { best } = result;
    const differences = queue?.differences ?? [];
    outcome = outcomeOf(plan, result, { differences });
    const test =
      best &&
      ((await knownTest(folder, outcome)) ?? (await testBest(folder, plan, best, { scoring, offline })));
    outcome = outcomeOf(plan, result, { test, differences });
    await writeSweepFile(folder, 'result', `${JSON.stringify(outcome, null, 2)}\n`);
    await queue?.remove();
  } finally {
    report.close();
    await queue?.close();
  }
  if (json) {
    const { trials, failed, pruned, differences, best } = outcome;
    const seconds = (performance.now() - begun) / 1000;
    printJson({ event: 'summary', trials, failed, pruned, differences: differences.length, best, seconds });
  } else {
    print(outcome, scoring.main, folder);
  }
  return result.best === undefined ? ExitCode.failure : ExitCode.success;
}

/** Trains those of the best trials again whose model is gone or damaged; they are the same to the bit. */
async function restoreModels(
  folder: string,
  plan: SweepPlan,
  { best }: SweepResult,
  {
    threads,
    offline,
    signal,
    report,
  }: { threads: number; offline?: boolean; signal: AbortSignal; report: SweepReport },
): Promise<void> {
  for (const id of best === undefined ? [] : await trialsWithoutModel(folder, best)) {
    const place = join(folder, sweepFiles.trials, id);
    report.warn(`The model in ${place} is missing or damaged; the trial is trained again.`);
    await rm(place, { recursive: true, force: true });
    const at = best!.trials.indexOf(id);
    const { dataFingerprint, seeds } = plan;
    const settings = trialSettings(plan, best!.values, seeds[at]);
    const { result } = await trainInProcess(
      { id, settings, dataFingerprint },
      { folder: place, threads, offline, signal, onProgress: () => 'continue' },
    ).catch((error) => {
      if (signal.aborted) return { result: undefined };
      throw error;
    });
    const before = best!.results[at] as TrialResult | undefined;
    if (result === undefined || before?.level !== result.level) continue;
    if (!isDeepStrictEqual(JSON.parse(JSON.stringify(result.exact)), before.exact))
      report.warn(`${id}: It has given another result than before.`);
  }
}

/** How many trials are in a queue at once, for workers to take. */
const usualInQueue = 16;

/** How the trials share this machine, or how many are in the queue. */
function sharesOf(plan: SweepPlan, { jobs, queue }: SweepOptions, threads: number | undefined): Share {
  // Workers share their own cores.
  if (queue !== undefined) return { jobs: jobs ?? usualInQueue, threads: 1 };
  const { backend } = plan.settings;
  const isOnCores = backend === 'wasm' || backend === 'cpu';
  return isOnCores ? shareOf({ jobs, threads }, totalOf(plan)) : { jobs: jobs ?? 1, threads: threads ?? 1 };
}

function introduction(
  plan: SweepPlan,
  { values, data }: Experiment,
  { jobs, threads, folder, done, isQueued }: Share & { folder: string; done: number; isQueued: boolean },
): string {
  const { seeds, search, prune, axes } = plan;
  const total = totalOf(plan);
  const configurations = total / seeds.length;
  const how = { grid: 'a grid', random: 'a random search', tpe: 'a search by TPE' }[search];
  const { train, validation, noun } = data;
  const number = (size: number) => size.toLocaleString('en');
  const varied = Object.keys(axes).map(optionOf).join(', ');
  return [
    `Sweep on ${titleOf(values)}: ${how} of ${counted(configurations, 'configuration')} × ${counted(seeds.length, 'seed')}${varied === '' ? '' : ` over ${varied}`}`,
    `${number(train.size)} ${noun} to train on${validation === undefined ? '' : `, ${number(validation.size)} held out to compare`}; ${isQueued ? `up to ${counted(jobs, 'trial')} in the queue` : `${counted(jobs, 'trial')} at once on ${counted(threads, 'thread')} each`}${prune === 'none' ? '' : `; pruned by ${prune}`}`,
    ...(done > 0 ? [`Continuing after ${done} of ${total} trials.`] : []),
    `Saved in ${shown(folder)}`,
    '',
  ].join('\n');
}

function print(
  { configurations, best, trials, failed, pruned }: Outcome,
  measure: Measure,
  folder: string,
): void {
  const { bold } = output.colors;
  output.print(`\n${bold('Results')}`);
  const hasSeeds = configurations.some(({ scores }) => scores.length > 1);
  printTable(
    [
      { title: `valid. ${measure.title}`, align: 'right' },
      ...(hasSeeds
        ? [
            { title: '± 95%', align: 'right' as const },
            { title: 'seeds', align: 'right' as const, optional: true },
          ]
        : []),
      { title: 'configuration' },
    ],
    configurations.map(({ mean, margin, scores, state, values, message }) => [
      mean === null ? '–' : measure.text(mean),
      ...(hasSeeds
        ? [
            margin === null ? '–' : measure.text(margin),
            String(scores.filter((score) => score !== null).length),
          ]
        : []),
      [
        labelOf(values) || 'the only one',
        ...(state === 'complete'
          ? []
          : [`(${state}${message === undefined ? '' : `: ${firstSentence(message)}`})`]),
      ].join(' '),
    ]),
  );
  const told = [
    failed > 0 && `${failed} failed`,
    pruned > 0 && `${pruned} ${pruned === 1 ? 'was' : 'were'} pruned`,
  ].filter(Boolean);
  if (told.length > 0) output.say(`\nOf ${counted(trials, 'trial')}, ${told.join(', and ')}.`);
  if (best === null) {
    errors.say('No configuration was trained to its end with all seeds.');
    return;
  }
  output.print(`\n${bold('Best')}`);
  printFacts({
    Configuration: labelOf(best.values) || 'the only one',
    [`Validation ${measure.title}`]: interval(measure, best),
    ...testFacts(best.test, measure),
    'Saved in': shown(folder),
  });
  output.print(`\n${bold('Next')}`);
  output.say(`  ${unbroken(best.command)}`, 2);
  output.say(`  ${repositoryCommand('report', shown(folder))}`, 2);
}

const firstSentence = (text: string) => /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;

const interval = (measure: Measure, { mean, margin }: { mean: number | null; margin: number | null }) =>
  `${measure.text(mean ?? undefined)}${margin === null ? '' : ` ± ${measure.text(margin)}`}`;

const testFacts = (test: TestResult | undefined, { name, title, text }: Measure): Record<string, string> =>
  test === undefined ? {} : { [`Test ${title}`]: interval({ name, title, text }, test[name]) };

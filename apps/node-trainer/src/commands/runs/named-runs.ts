import { resolve } from 'node:path';
import { Argument, Option } from 'commander';
import { runsFolder } from '../../folders';
import { path } from '../../options';
import { errors, output } from '../../output';
import { folderOfRun, type Run, readRun } from '../../runs';

/** Where runs without a path are. */
export const dirOption = () =>
  new Option('--dir <dir>', 'folder of runs, or of a sweep').argParser(path).default(runsFolder);

/** The arguments that name runs. */
export const runsArgument = (usage: '<run>' | '<runs...>') =>
  new Argument(usage, usage === '<run>' ? 'folder or name of a run' : 'folders or names of runs');

/** How a table is given to programs. */
export const csvOption = () => new Option('--csv', 'print comma-separated values').conflicts('json');

/** A run, and what the user calls it. */
export interface NamedRun {
  name: string;
  run: Run;
}

/** The runs that a command line names, each once, in order. */
export async function namedRuns(names: readonly string[], dir: string): Promise<NamedRun[]> {
  const found = new Map<string, NamedRun>();
  for (const given of names) {
    const folder = await folderOfRun(given, dir);
    // Shells add a separator when they complete a name.
    const name = given.replace(/[/\\]+$/, '') || given;
    const key = resolve(folder);
    if (!found.has(key)) found.set(key, { name, run: await readRun(folder) });
  }
  return [...found.values()];
}

/** Says which files of runs are damaged. */
export function tellDamage(runs: readonly Pick<Run, 'damage'>[]): void {
  for (const { damage } of runs) {
    for (const { file, problem } of damage)
      errors.say(`${errors.colors.yellow('warning:')} ${file}: ${problem}`, 2);
  }
}

/** The best score of a run as text: `95.28%`, `0.0405 RMSE`. */
export function scoreText({ scoring: { main } }: Run, score: number | undefined, withUnit = false): string {
  const unit = withUnit && score !== undefined && main.name !== 'accuracy' ? ` ${main.title}` : '';
  return `${main.text(score)}${unit}`;
}

/** The epochs of a run as text: `3 of 5`. */
export function epochsText({ history, settings: { epochs } }: Run): string {
  return typeof epochs === 'number' ? `${history.length}/${epochs}` : String(history.length);
}

const two = (value: number) => String(value).padStart(2, '0');

/** A time on this machine's clock: `2026-01-31 09:05`. */
export const timeText = (time: Date | undefined): string =>
  time === undefined
    ? '–'
    : `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;

/** A size to two digits: `34 kB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let [size, unit] = [bytes, 0];
  while (size >= 999.5 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${unit === 0 || size >= 10 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** What programs get to know of a run, in each of the commands. */
export const summaryOf = ({ name, run }: NamedRun) => ({
  run: name,
  folder: run.folder,
  state: run.state,
  dataset: run.settings.dataset,
  hidden: run.settings.hidden,
  activation: run.settings.activation,
  epochs: run.history.length,
  plannedEpochs: run.settings.epochs,
  metric: run.scoring.main.name,
  measuredOn: run.measuredOn,
  best: run.best?.score,
  bestEpoch: run.best?.epoch,
  last: run.last?.score,
  seconds: run.seconds,
  started: run.started?.toISOString(),
  damage: run.damage.length > 0 ? run.damage : undefined,
});

/** A heading within what a command prints. */
export const printHeading = (title: string) => output.print(`\n${output.colors.bold(title)}`);

import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type SettingValues, upgradeSettings } from 'harmonic-mlp/settings';
import { taskOf } from '../data';
import { TrainerError } from '../errors';
import { codeOf, reason } from '../file-system';
import { lockOwner } from '../folder-lock';
import { runFiles } from '../run-folder';
import { applicable } from '../run-settings';
import { allValues, readSavedRun } from '../saved-run';
import { type AnyRecord, bestOf, type Scoring, scoreOf, scoringOf } from '../scoring';
import { parseJsonLines } from './json-lines';
import { flawOfModelFile } from './model-file';
import type { Damage, EpochScore, Run, RunConfig, RunEvent, RunFile, RunState } from './run';

/** The files of which a folder has at least one if it is that of a run. */
const telling = Object.values(runFiles);

/** Whether a folder is that of a run. */
export async function isRun(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => telling.includes(name as (typeof telling)[number]));
}

/**
 * Reads all that the folder of a run tells. A damaged or missing file does not keep the others from being read: settings and
 * epochs then come from `last.safetensors`, which holds them too, and `damage` says what is wrong.
 *
 * @throws {TrainerError} `FILE_NOT_FOUND` when the folder has no file of a run.
 */
export async function readRun(folder: string): Promise<Run> {
  if (!(await isRun(folder))) {
    const problem = 'There is no run in this folder.';
    throw new TrainerError('FILE_NOT_FOUND', { problem, file: resolve(folder) });
  }
  return await new RunReader(folder).read();
}

/** What `config.json` holds. */
interface Configuration {
  settings: SettingValues;
  config: RunConfig;
}

class RunReader {
  readonly #folder: string;
  readonly #damage: Damage[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(): Promise<Run> {
    const owner = await lockOwner(this.#folder);
    const files = await filesIn(this.#folder);
    const has = (name: string) => files.some((file) => file.name === name);
    for (const name of [runFiles.last, runFiles.best]) if (has(name)) await this.#checkModel(name);
    let { settings, config } = (await this.#configuration()) ?? { settings: undefined, config: {} };
    let history = has(runFiles.metrics) ? await this.#history() : undefined;
    const events = await this.#events();
    if ((settings === undefined || history?.isWhole !== true) && has(runFiles.last)) {
      const saved = await this.#saved();
      settings ??= saved?.settings;
      // A run that was stopped in its first epoch has no metrics yet.
      if (!has(runFiles.metrics) && saved?.history.length !== 0)
        this.#note(runFiles.metrics, 'It is missing.');
      if (saved !== undefined && history?.isWhole !== true)
        history = { records: saved.history, isWhole: true };
    }
    settings ??= {};
    const { records = [] } = history ?? {};
    const scoring = scoringOf(settings.dataset === undefined ? undefined : taskOf(String(settings.dataset)));
    return {
      folder: this.#folder,
      state: stateOf(owner !== undefined, events, records, settings),
      owner,
      settings,
      config,
      history: records,
      events,
      scoring,
      measuredOn: settings.validation === undefined ? 'test' : 'validation',
      best: bestEpoch(scoring, records),
      last: lastEpoch(scoring, records),
      seconds: records.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
      started: await this.#started(events),
      files,
      damage: this.#damage,
    };
  }

  /** A file's text; undefined, and noted, when it cannot be read. */
  async #text(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#folder, name), 'utf8');
    } catch (error) {
      const isMissing = codeOf(error) === 'ENOENT';
      this.#note(name, isMissing ? 'It is missing.' : `It cannot be read: ${reason(error)}.`);
      return undefined;
    }
  }

  #note(name: string, problem: string): void {
    this.#damage.push({ file: join(this.#folder, name), problem });
  }

  #noteLines(name: string, numbers: number[]): void {
    if (numbers.length === 0) return;
    const [first, ...others] = numbers;
    const more = others.length === 0 ? ' is' : ` and ${others.length} more are`;
    this.#note(name, `Line ${first}${more} damaged.`);
  }

  async #configuration(): Promise<Configuration | undefined> {
    const text = await this.#text(runFiles.config);
    if (text === undefined) return undefined;
    try {
      const { settings, ...config } = JSON.parse(text);
      if (typeof settings !== 'object' || settings === null) throw new Error('no settings');
      return { settings: upgradeSettings(settings), config };
    } catch {
      this.#note(runFiles.config, 'It is damaged.');
      return undefined;
    }
  }

  /** The records of the epochs; damaged lines are left out. */
  async #history(): Promise<{ records: AnyRecord[]; isWhole: boolean } | undefined> {
    const text = await this.#text(runFiles.metrics);
    if (text === undefined) return undefined;
    const { lines, damaged } = parseJsonLines(text);
    const isRecord = ({ value }: (typeof lines)[number]) =>
      Number.isInteger(value.epoch) && typeof value.trainLoss === 'number';
    const others = lines.filter((line) => !isRecord(line)).map(({ number }) => number);
    const wrong = [...damaged, ...others].sort((a, b) => a - b);
    this.#noteLines(runFiles.metrics, wrong);
    const records = lines.filter(isRecord).map(({ value }) => value as unknown as AnyRecord);
    return { records, isWhole: wrong.length === 0 };
  }

  /** Runs of earlier versions have none. */
  async #events(): Promise<RunEvent[]> {
    const text = await readFile(join(this.#folder, runFiles.events), 'utf8').catch((error) => {
      if (codeOf(error) !== 'ENOENT') this.#note(runFiles.events, `It cannot be read: ${reason(error)}.`);
      return '';
    });
    const { lines, damaged } = parseJsonLines(text);
    const resumed = new Set(
      lines.flatMap(({ number, value }) => (value.event === 'resumed' ? [number] : [])),
    );
    // A process that was killed may have left part of a line, before the run was resumed.
    this.#noteLines(
      runFiles.events,
      damaged.filter((number) => !resumed.has(number + 1)),
    );
    return lines.map(({ value }) => value as unknown as RunEvent);
  }

  async #checkModel(name: string): Promise<void> {
    try {
      const flaw = await flawOfModelFile(join(this.#folder, name));
      if (flaw !== undefined) this.#note(name, flaw);
    } catch (error) {
      this.#note(name, `It cannot be read: ${reason(error)}.`);
    }
  }

  /** What the last checkpoint holds. */
  async #saved(): Promise<{ settings: SettingValues; history: AnyRecord[] } | undefined> {
    try {
      const saved = await readSavedRun(join(this.#folder, runFiles.last));
      return { settings: applicable(allValues(saved)), history: [...saved.checkpoint.history] };
    } catch {
      return undefined;
    }
  }

  async #started(events: readonly RunEvent[]): Promise<Date | undefined> {
    const told = new Date(events[0]?.time ?? Number.NaN);
    if (!Number.isNaN(told.getTime())) return told;
    const times = await Promise.all(
      telling.map((name) => stat(join(this.#folder, name)).catch(() => undefined)),
    );
    const known = times.flatMap((each) => each?.mtime ?? []);
    return known.sort((a, b) => a.getTime() - b.getTime())[0];
  }
}

/** How the run stands, from the last event that says so; a run that was killed and those of earlier versions have none. */
function stateOf(
  isLocked: boolean,
  events: readonly RunEvent[],
  history: readonly AnyRecord[],
  { epochs }: SettingValues,
): RunState {
  if (isLocked) return 'running';
  const starts = ['started', 'resumed'];
  const last = events.filter(({ event }) => ['failed', 'finished', ...starts].includes(event)).at(-1)?.event;
  if (last === 'failed' || last === 'finished') return last;
  return typeof epochs === 'number' && history.length >= epochs ? 'finished' : 'interrupted';
}

function bestEpoch(scoring: Scoring, history: readonly AnyRecord[]): EpochScore | undefined {
  const score = bestOf(scoring, history);
  const record = history.find(({ validation }) => scoreOf(scoring, validation) === score);
  return score === undefined || record === undefined ? undefined : { epoch: record.epoch, score };
}

function lastEpoch(scoring: Scoring, history: readonly AnyRecord[]): EpochScore | undefined {
  const record = history.at(-1);
  const score = scoreOf(scoring, record?.validation);
  return record === undefined || score === undefined ? undefined : { epoch: record.epoch, score };
}

/** The files in a folder, and its folders with the sum of their files, by name. */
async function filesIn(folder: string): Promise<RunFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) return { name: entry.name, bytes: await sizeOf(path) };
      const within = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
      const sizes = within
        .filter((file) => file.isFile())
        .map((file) => sizeOf(join(file.parentPath, file.name)));
      return {
        name: `${entry.name}/`,
        bytes: (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0),
      };
    }),
  );
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const sizeOf = async (path: string) => (await stat(path).catch(() => undefined))?.size ?? 0;

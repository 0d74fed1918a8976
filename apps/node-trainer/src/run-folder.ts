import { existsSync } from 'node:fs';
import { readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  checkpointsFolder,
  duplicate,
  keepEarlier,
  pruneEarlier,
  type Standing,
} from './earlier-checkpoints';
import { hasCode, TrainerError } from './errors';
import {
  appendLine,
  codeOf,
  makeFolder,
  makeNewFolder,
  NotReplaced,
  reason,
  renamePatiently,
  writeWhole,
} from './file-system';
import { lockFolder } from './folder-lock';
import { datedFolder, runsFolder } from './folders';
import { errors } from './output';

/** The files of a run in its folder. */
export const runFiles = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  events: 'events.jsonl',
  last: 'last.safetensors',
  best: 'best.safetensors',
} as const;

/** What else is written into the folder of a run: a range test, whose trial it is in a sweep, and its report. */
export const besideRun = {
  rangeTest: 'range-test.json',
  trial: 'trial.json',
  report: 'report.html',
} as const;

const noFolder = 'The output folder cannot be written to';

/** How often writing is tried again while the folder is being removed, and the wait in between, in milliseconds. */
const removal = { tries: 20, delay: 10 };

/** The model file of the newest run in the default place, or undefined when there is none. */
export async function newestModel(): Promise<string | undefined> {
  const runs = await readdir(runsFolder).catch(() => []);
  const files = runs.flatMap((run) =>
    [runFiles.best, runFiles.last].map((file) => join(runsFolder, run, file)),
  );
  const dated = await Promise.all(
    files.map(async (file) => ({
      file,
      run: dirname(file),
      // Another process may have moved it in the meantime.
      time: (await stat(file).catch(() => undefined))?.mtimeMs,
    })),
  );
  const there = dated.filter((each): each is typeof each & { time: number } => each.time !== undefined);
  const newest = there.sort((a, b) => b.time - a.time)[0];
  if (newest === undefined) return undefined;
  return (
    there.find(({ file, run }) => run === newest.run && basename(file) === runFiles.best)?.file ?? newest.file
  );
}

/** Reads a model file; a folder stands for the best model of its run, or the last one when there is no best one yet. */
export async function readModelFile(path: string): Promise<{ file: string; bytes: Buffer }> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory();
  const best = join(path, runFiles.best);
  const file = !isFolder ? path : existsSync(best) ? best : join(path, runFiles.last);
  try {
    return { file, bytes: await readFile(file) };
  } catch (error) {
    const problem = `The model cannot be read: ${reason(error)}.`;
    throw new TrainerError('UNREADABLE', { problem, file: resolve(file) }, { cause: error });
  }
}

/** The folder of one run, locked against other runs, in which every file is written whole or not at all. */
export class RunFolder {
  readonly path: string;
  readonly #release: () => void;

  private constructor(path: string, release: () => void) {
    this.path = path;
    this.#release = release;
  }

  /**
   * Locks a folder for a run, and creates it if need be. What a killed run has left of files that it was writing is removed.
   *
   * @param path default: a new folder in `runs`.
   * @param needed a file that stays.
   * @throws {TrainerError} `FOLDER_IN_USE` when another run is using it, `UNWRITABLE` when it cannot be written.
   */
  static async open(path?: string, needed?: string): Promise<RunFolder> {
    try {
      if (path !== undefined) await makeFolder(path);
      const folder = path ?? (await makeNewFolder(datedFolder(runsFolder)));
      const onWatch = () => errors.say(`Checking whether the run in ${folder} is still going …`);
      const release = await lockFolder(folder, onWatch);
      await removeLeftOvers(folder, needed);
      return new RunFolder(folder, release);
    } catch (error) {
      throw unwritable(noFolder, path ?? runsFolder, error);
    }
  }

  /** Unlocks the folder. */
  close(): void {
    this.#release();
  }

  /**
   * Makes room for a new run. An earlier run is never overwritten: its files are moved into a numbered folder inside, all of
   * them or none.
   *
   * @param resumed the folder of the run that is resumed here, whose best model is copied.
   * @returns where an earlier run was moved, if there was one.
   */
  async clear(resumed?: string): Promise<string | undefined> {
    try {
      const moved = await this.#moveEarlierRun();
      if (resumed !== undefined && existsSync(join(resumed, runFiles.best))) {
        await writeWhole(join(this.path, runFiles.best), await readFile(join(resumed, runFiles.best)));
      }
      return moved;
    } catch (error) {
      throw unwritable(noFolder, this.path, error);
    }
  }

  /** Writes a file whole, or leaves the earlier one unchanged. */
  async write(name: keyof typeof runFiles, content: string | Uint8Array): Promise<string> {
    const target = join(this.path, runFiles[name]);
    try {
      await this.#write(target, content);
    } catch (error) {
      const saved = existsSync(target) ? ' What was saved before is still there.' : '';
      const room = ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '') ? 'Make room, or give' : 'Give';
      const fix = `${room} another --out.${saved}`;
      throw unwritable('The file cannot be written', target, error, fix);
    }
    return target;
  }

  /**
   * Writes the last checkpoint. The one before becomes an earlier one, of which the newest are kept.
   *
   * @param before where the one before stands, if there is one.
   * @param keep how many to keep in total.
   * @returns the file, and a sentence that says why the one before is not kept, if it is not.
   */
  async writeLast(
    content: Uint8Array,
    { before, keep }: { before?: Standing; keep: number },
  ): Promise<{ file: string; problem?: string }> {
    const last = join(this.path, runFiles.last);
    let problem: string | undefined;
    if (before !== undefined && keep > 1 && existsSync(last)) {
      try {
        await keepEarlier(last, before);
      } catch (error) {
        const name = join(this.path, checkpointsFolder);
        // If somebody is removing the folder, there is nothing left to keep.
        if (codeOf(error) !== 'ENOENT')
          problem = `The checkpoint before cannot be kept in ${resolve(name)}: ${reason(error)}.`;
      }
    }
    const file = await this.write('last', content);
    await pruneEarlier(this.path, keep - 1);
    return { file, problem };
  }

  /**
   * Puts an earlier checkpoint in the place of the last one, which is damaged or gone.
   *
   * @returns where the damaged one is now, if there was one.
   */
  async replaceLast(earlier: string): Promise<string | undefined> {
    const last = join(this.path, runFiles.last);
    try {
      let aside: string | undefined;
      if (existsSync(last)) {
        aside = unusedName(join(this.path, 'damaged'), '.safetensors');
        await renamePatiently(last, aside);
      }
      await duplicate(earlier, last);
      return aside;
    } catch (error) {
      throw unwritable('The file cannot be written', last, error);
    }
  }

  /** Like {@link write}, for a file that a run can do without; returns a sentence that says what is wrong, if anything is. */
  async note(name: keyof typeof runFiles, content: string): Promise<string | undefined> {
    const target = join(this.path, runFiles[name]);
    try {
      await this.#write(target, content);
      return undefined;
    } catch (error) {
      if (error instanceof NotReplaced) await rm(error.kept, { force: true }).catch(() => {});
      return `${resolve(target)} cannot be written: ${reason(error instanceof NotReplaced ? error.cause : error)}.`;
    }
  }

  /** Appends a line to a file that a run can do without; returns a sentence that says what is wrong, if anything is. */
  async append(name: keyof typeof runFiles, line: string): Promise<string | undefined> {
    const target = join(this.path, runFiles[name]);
    try {
      await this.#orAgain(() => appendLine(target, line));
      return undefined;
    } catch (error) {
      return `${resolve(target)} cannot be written: ${reason(error)}.`;
    }
  }

  /** Whether the file is there. */
  has(name: keyof typeof runFiles): boolean {
    return existsSync(join(this.path, runFiles[name]));
  }

  #write(target: string, content: string | Uint8Array): Promise<void> {
    return this.#orAgain(() => writeWhole(target, content));
  }

  /** Creates the folder again if somebody has removed it, who may be at it still. */
  async #orAgain(write: () => Promise<void>): Promise<void> {
    for (let again = 0; ; again++) {
      try {
        if (again > 0) await makeFolder(this.path);
        return await write();
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || again === removal.tries) throw error;
        if (again > 0) await setTimeout(removal.delay);
      }
    }
  }

  async #moveEarlierRun(): Promise<string | undefined> {
    const earlier = [...Object.values(runFiles), checkpointsFolder].filter((file) =>
      existsSync(join(this.path, file)),
    );
    if (earlier.length === 0) return undefined;
    const target = await makeNewFolder(join(this.path, 'earlier'), join(this.path, 'earlier-1'));
    const moved: string[] = [];
    try {
      for (const file of earlier) {
        await renamePatiently(join(this.path, file), join(target, file));
        moved.push(file);
      }
      return target;
    } catch (error) {
      for (const file of moved) {
        // A file that cannot be moved back either stays where it is, whole.
        await renamePatiently(join(target, file), join(this.path, file)).catch(() => {});
      }
      await rmdir(target).catch(() => {});
      throw error;
    }
  }
}

/** What a run writes under temporary names, in its folder and in that of its earlier checkpoints. */
const leftOver = new RegExp(
  String.raw`^(${Object.values(runFiles).join('|')}|epoch-\d+-step-\d+.safetensors)\.\d+\.tmp$`,
);

async function removeLeftOvers(folder: string, needed = ''): Promise<void> {
  for (const place of [folder, join(folder, checkpointsFolder)]) {
    const names = await readdir(place).catch(() => []);
    for (const name of names.filter((each) => leftOver.test(each))) {
      const file = join(place, name);
      if (resolve(file) !== resolve(needed)) await rm(file, { force: true }).catch(() => {});
    }
  }
}

/** A path with a number, if need be, that nothing has. */
function unusedName(path: string, extension: string): string {
  for (let number = 1; ; number++) {
    const name = `${path}${number === 1 ? '' : `-${number}`}${extension}`;
    if (!existsSync(name)) return name;
  }
}

/** The error of a run whose files cannot be written, from that of the file system. */
function unwritable(what: string, path: string, error: unknown, fix = 'Give another --out.'): TrainerError {
  if (hasCode(error, 'FOLDER_IN_USE', 'UNREADABLE')) return error;
  if (error instanceof NotReplaced) return error.with({ fix, file: resolve(error.file!) });
  const problem = `${what}: ${reason(error)}.`;
  return new TrainerError('UNWRITABLE', { problem, file: resolve(path), fix }, { cause: error });
}

import { existsSync } from 'node:fs';
import { readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  codeOf,
  makeFolder,
  makeNewFolder,
  NotReplaced,
  reason,
  renamePatiently,
  writeWhole,
} from './file-system';
import { FolderInUse, lockFolder } from './folder-lock';
import { runsFolder } from './folders';
import { errors } from './output';

/** What a run leaves in its folder. */
export const runFiles = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  last: 'last.safetensors',
  best: 'best.safetensors',
} as const;

/** The name of a new run's folder: the local date and time. */
function defaultRunFolder(now: Date): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return join(runsFolder, local.toISOString().slice(0, 19).replaceAll(':', '-'));
}

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
      // Another process may have moved it meanwhile.
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

/** Reads a model file; a folder stands for the best model of its run, or the last one when none is the best yet. */
export async function readModelFile(path: string): Promise<{ file: string; bytes: Buffer }> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory();
  const best = join(path, runFiles.best);
  const file = !isFolder ? path : existsSync(best) ? best : join(path, runFiles.last);
  try {
    return { file, bytes: await readFile(file) };
  } catch (error) {
    throw new Error(`Cannot read the model file ${resolve(file)}: ${reason(error)}.`, { cause: error });
  }
}

/** The folder of one run, which no other run uses meanwhile, and into which every file is written whole or not at all. */
export class RunFolder {
  readonly path: string;
  readonly #release: () => void;

  private constructor(path: string, release: () => void) {
    this.path = path;
    this.#release = release;
  }

  /**
   * Takes a folder for a run, and makes it if need be.
   *
   * @param path default: a new folder in `runs`.
   * @throws {Error} when a run that goes on uses it, or it cannot be written.
   */
  static async open(path?: string): Promise<RunFolder> {
    try {
      if (path !== undefined) await makeFolder(path);
      const folder = path ?? (await makeNewFolder(defaultRunFolder(new Date())));
      const onWatch = () => errors.say(`Looking whether the run that has ${folder} goes on …`);
      return new RunFolder(folder, await lockFolder(folder, onWatch));
    } catch (error) {
      throw unwritable(path ?? runsFolder, error);
    }
  }

  /** Lets another run use the folder. */
  close(): void {
    this.#release();
  }

  /**
   * Makes room for a new run. It never overwrites another: what that left is moved into a numbered folder inside, all of
   * it or nothing.
   *
   * @param resumed the folder of the run that goes on here, whose best model is copied.
   * @returns where an earlier run went, if there was one.
   */
  async clear(resumed?: string): Promise<string | undefined> {
    try {
      const moved = await this.#moveEarlierRun();
      if (resumed !== undefined && existsSync(join(resumed, runFiles.best))) {
        await writeWhole(join(this.path, runFiles.best), await readFile(join(resumed, runFiles.best)));
      }
      return moved;
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }

  /** Writes a file whole, or leaves what is there as it is. */
  async write(name: keyof typeof runFiles, content: string | Uint8Array): Promise<string> {
    const target = join(this.path, runFiles[name]);
    try {
      await this.#write(target, content);
    } catch (error) {
      const kept = error instanceof NotReplaced ? `; it is in ${error.kept} instead` : '';
      const earlier = existsSync(target) ? '; what was saved before is still there' : '';
      throw new Error(
        `Cannot write ${resolve(target)}: ${reason(error)}${kept}. Give another --out${earlier}.`,
        {
          cause: error,
        },
      );
    }
    return target;
  }

  /** As {@link write}, for what a run can do without; gives what is wrong, as a sentence, when it cannot be written. */
  async note(name: keyof typeof runFiles, content: string): Promise<string | undefined> {
    const target = join(this.path, runFiles[name]);
    try {
      await this.#write(target, content);
      return undefined;
    } catch (error) {
      if (error instanceof NotReplaced) await rm(error.kept, { force: true }).catch(() => {});
      return `Cannot write ${resolve(target)}: ${reason(error)}.`;
    }
  }

  /** Whether the file is there. */
  has(name: keyof typeof runFiles): boolean {
    return existsSync(join(this.path, runFiles[name]));
  }

  /** Makes the folder again where somebody has removed it. */
  async #write(target: string, content: string | Uint8Array): Promise<void> {
    try {
      await writeWhole(target, content);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await makeFolder(this.path);
      await writeWhole(target, content);
    }
  }

  async #moveEarlierRun(): Promise<string | undefined> {
    const earlier = Object.values(runFiles).filter((file) => existsSync(join(this.path, file)));
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
        // What cannot be moved back either stays whole where it is.
        await renamePatiently(join(target, file), join(this.path, file)).catch(() => {});
      }
      await rmdir(target).catch(() => {});
      throw error;
    }
  }
}

function unwritable(path: string, error: unknown): Error {
  if (error instanceof FolderInUse) return error;
  return new Error(
    `Cannot write to the output folder ${resolve(path)}: ${reason(error)}. Give another --out.`,
    {
      cause: error,
    },
  );
}

import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** What a run leaves in its folder. */
export const runFiles = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  last: 'last.safetensors',
  best: 'best.safetensors',
} as const;

/** Where runs go that are not told where to. */
const defaultRoot = 'runs';

/** A folder for a run that none has yet, named by the local date and time. */
export function defaultRunFolder(now: Date): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  const name = join(defaultRoot, local.toISOString().slice(0, 19).replaceAll(':', '-'));
  let folder = name;
  for (let number = 2; existsSync(folder); number++) folder = `${name}-${number}`;
  return folder;
}

/** The model file of the newest run in the default place, or undefined when there is none. */
export async function newestModel(): Promise<string | undefined> {
  const runs = await readdir(defaultRoot).catch(() => []);
  const files = runs.flatMap((run) =>
    [runFiles.best, runFiles.last].map((file) => join(defaultRoot, run, file)),
  );
  const dated = await Promise.all(
    files
      .filter((file) => existsSync(file))
      .map(async (file) => ({ file, run: dirname(file), time: (await stat(file)).mtimeMs })),
  );
  const newest = dated.sort((a, b) => b.time - a.time)[0];
  if (newest === undefined) return undefined;
  return (
    dated.find(({ file, run }) => run === newest.run && basename(file) === runFiles.best)?.file ?? newest.file
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

/** The folder of one run, into which every file is written whole or not at all. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Opens a folder for a run, and makes it if need be. A run never overwrites another: what that left is moved into a
   * numbered folder inside.
   *
   * @param resumed the folder of the run that is resumed; it is gone on with in place, or its best model is copied.
   * @returns the folder, and where an earlier run went, if there was one.
   */
  static async open(path: string, resumed?: string): Promise<{ folder: RunFolder; moved?: string }> {
    const folder = new RunFolder(path);
    try {
      await makeFolder(path);
      if (resumed !== undefined && resolve(resumed) === resolve(path)) return { folder };
      const moved = await folder.#moveEarlierRun();
      if (resumed !== undefined && existsSync(join(resumed, runFiles.best))) {
        await copyFile(join(resumed, runFiles.best), join(path, runFiles.best));
      }
      return { folder, moved };
    } catch (error) {
      throw new Error(
        `Cannot write to the output folder ${resolve(path)}: ${reason(error)}. Give another --out.`,
        {
          cause: error,
        },
      );
    }
  }

  /** Writes a file beside its place, flushes it to the disk, and renames it. */
  async write(name: keyof typeof runFiles, content: string | Uint8Array): Promise<string> {
    const target = join(this.path, runFiles[name]);
    const temporary = `${target}.${process.pid}.tmp`;
    try {
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw new Error(
        `Cannot write ${resolve(target)}: ${reason(error)}. Give another --out; what was saved before is still there.`,
        {
          cause: error,
        },
      );
    }
    return target;
  }

  /** Whether the file is there. */
  has(name: keyof typeof runFiles): boolean {
    return existsSync(join(this.path, runFiles[name]));
  }

  async #moveEarlierRun(): Promise<string | undefined> {
    const earlier = Object.values(runFiles).filter((file) => existsSync(join(this.path, file)));
    if (earlier.length === 0) return undefined;
    let number = 1;
    while (existsSync(join(this.path, `earlier-${number}`))) number++;
    const target = join(this.path, `earlier-${number}`);
    await mkdir(target);
    for (const file of earlier) await rename(join(this.path, file), join(target, file));
    return target;
  }
}

/** As mkdir with `recursive`, which never returns on Linux for a folder in /proc. */
export async function makeFolder(path: string): Promise<void> {
  if (existsSync(path) && (await stat(path)).isDirectory()) return;
  const parent = dirname(resolve(path));
  if (parent !== resolve(path)) await makeFolder(parent);
  await mkdir(path);
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EEXIST: 'there is a file of that name',
  EISDIR: 'it is a folder',
  ENOENT: 'it does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
};

/** Why an operation of the file system failed, in words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code && reasons[code]) ?? message;
}

import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import type { EventSink } from './event-sink';

/** A new event file in a folder for each run. */
export interface EventFile extends EventSink {
  /** The folder. */
  readonly folder: string;
  /** The file, while it is open. */
  readonly path: string | undefined;
  /**
   * Creates the file, and the folder if need be, unless it is open.
   *
   * @throws {HarmonicError} `UNWRITABLE` if the system does not let it.
   */
  open(): void;
  /**
   * Appends bytes to the file, all of them or none.
   *
   * @throws {HarmonicError} `UNWRITABLE` if the system does not let it, such as when the disk is full; `UNSUPPORTED` unless the
   *   file is open.
   */
  write(bytes: Uint8Array): void;
  /** Closes the file, and removes it if nothing was written. */
  close(): void;
}

/**
 * Writes the events of a run into a folder: into a new file there, named as TensorBoard expects and sorted after the others, so
 * that a resumed run continues its curves. Give each run a folder of its own inside the one that TensorBoard reads. The file
 * is created when a run starts; what is written is there even if the process is killed.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a folder that is not a path.
 * @example
 * ```ts
 * import { tensorBoard } from '@harmonic-mlp/tensorboard';
 * import { eventFile } from '@harmonic-mlp/tensorboard/node';
 *
 * await model.fit(train, { epochs: 1, callbacks: [tensorBoard({ to: eventFile('logs/first') })] });
 * ```
 */
export function eventFile(folder: string): EventFile {
  if (typeof folder === 'string' && folder !== '') return new FileInFolder(folder);
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'folder',
    value: folder,
    allowed: 'the path of a folder, such as "logs/first"',
  });
}

class FileInFolder implements EventFile {
  readonly folder: string;
  path: string | undefined;
  #file = -1;
  #length = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  open(): void {
    if (this.path !== undefined) return;
    try {
      makeFolder(resolve(this.folder));
      [this.path, this.#file] = createFile(this.folder);
    } catch (error) {
      throw unwritable('Event files cannot be written to the folder', this.folder, error);
    }
    this.#length = 0;
  }

  write(bytes: Uint8Array): void {
    if (this.path === undefined) {
      throw new HarmonicError('UNSUPPORTED', {
        problem: 'The event file is not open.',
        fix: 'Call open() first.',
      });
    }
    try {
      for (let at = 0; at < bytes.length; )
        at += writeSync(this.#file, bytes, at, bytes.length - at, this.#length + at);
    } catch (error) {
      this.#removeTorn();
      throw unwritable('The event file cannot be written', this.path, error);
    }
    this.#length += bytes.length;
  }

  close(): void {
    if (this.path === undefined) return;
    const { path } = this;
    this.path = undefined;
    closeSync(this.#file);
    if (this.#length === 0) unlinkSync(path);
  }

  /** TensorBoard reads no further than a torn record, so nothing may follow one. */
  #removeTorn(): void {
    try {
      ftruncateSync(this.#file, this.#length);
    } catch {
      // The next bytes are written over it.
    }
  }
}

/** How many files this process has created, which is in their names. */
let created = 0;

/** TensorBoard reads the files of a folder in the order of their names, which begin with the time in seconds. */
function createFile(folder: string): [path: string, file: number] {
  const times = readdirSync(folder).map((name) =>
    Number(/^events\.out\.tfevents\.(\d{10})\./.exec(name)?.[1] ?? 0),
  );
  const seconds = Math.max(Math.floor(Date.now() / 1000), ...times.map((time) => time + 1));
  const host = hostname().replace(/[^\w.-]/g, '_') || 'localhost';
  for (;;) {
    const path = join(folder, `events.out.tfevents.${seconds}.${host}.${process.pid}.${created++}`);
    try {
      return [path, openSync(path, 'wx')];
    } catch (error) {
      // In a container, another process may have the same name and number.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Like mkdir with `recursive`, which on Linux never returns for a folder in /proc. */
function makeFolder(path: string): void {
  const isThere = () => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isThere()) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have created it in the meantime.
    if (!isThere()) throw error;
  }
}

function unwritable(what: string, path: string, error: unknown): HarmonicError<'UNWRITABLE'> {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const problem = `${what}: ${reasons[code] ?? message}.`;
  const fix = code === 'ENOSPC' ? undefined : 'Give another folder.';
  return new HarmonicError<'UNWRITABLE'>(
    'UNWRITABLE',
    { problem, fix, file: resolve(path) },
    { cause: error },
  );
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is exceeded',
  EEXIST: 'there is a file with that name',
  EIO: 'the device does not respond',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'part of the path is a file, not a folder',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
};

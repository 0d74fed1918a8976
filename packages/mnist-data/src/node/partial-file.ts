import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isBusy, renameOnceFree } from './rename';

const aDay = 86_400_000;
const aMinute = 60_000;
const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** The parts that this process is writing. */
const written = new Set<string>();

/**
 * A file in the making: written under a name of its own, next to the place that it takes once it is whole. What one
 * process leaves unfinished, another continues; two that write the same file at once do not collide.
 *
 * The part is named `<file>.<host>-<process>-<random>.part` while a process writes it, and `<file>.part` once it is left.
 */
export class PartialFile {
  /** Where the file will be. */
  readonly target: string;
  /** Where it is until then. */
  readonly path: string;
  readonly #handle: FileHandle;
  #size: number;
  #isOpen = true;

  private constructor(target: string, path: string, handle: FileHandle, size: number) {
    this.target = target;
    this.path = path;
    this.#handle = handle;
    this.#size = size;
    written.add(path);
  }

  /** Opens a part of a file whose folder exists: one that was left there, or else an empty one. */
  static async open(target: string): Promise<PartialFile> {
    const path = `${target}.${host}-${process.pid}-${randomBytes(4).toString('hex')}.part`;
    for (const left of await leftParts(target)) {
      try {
        await rename(left, path);
      } catch {
        // Another process was faster, or has it open.
        continue;
      }
      try {
        const handle = await open(path, 'r+');
        return new PartialFile(target, path, handle, (await stat(path)).size);
      } catch {
        // It is another user's, in a folder that both may write.
        await rm(path, { force: true }).catch(() => {});
      }
    }
    return new PartialFile(target, path, await open(path, 'wx+'), 0);
  }

  /** How many bytes are there. */
  get size(): number {
    return this.#size;
  }

  /** Appends bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, written, bytes.length - written, this.#size);
      written += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  /** Starts over with nothing. */
  async clear(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  /** All bytes so far. */
  async read(): Promise<Uint8Array> {
    const { buffer, byteOffset, byteLength } = await readFile(this.path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** Puts the whole file in its place in one step, synced to disk before it is seen there. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#close();
    try {
      await renameOnceFree(this.path, this.target);
    } catch (error) {
      // Windows does not replace a file that another process has open because it has just put it there, or reads it.
      // If there is none, what was received stays, and the next process that fetches the file takes it.
      if (process.platform !== 'win32' || !isBusy(error) || !existsSync(this.target)) throw error;
      await rm(this.path, { force: true });
    }
    for (const left of await leftParts(this.target)) await rm(left, { force: true });
  }

  /** Leaves what is there for the next one to open; nothing if that is nothing, or {@link finish} was called. */
  async leave(): Promise<void> {
    if (!this.#isOpen) return;
    await this.#close();
    const left = this.#size === 0 ? rm(this.path, { force: true }) : rename(this.path, `${this.target}.part`);
    // Under its present name, it is found as well once this process has ended.
    await left.catch(() => {});
  }

  async #close(): Promise<void> {
    this.#isOpen = false;
    written.delete(this.path);
    await this.#handle.close();
  }
}

/** The parts of a file that nobody is writing anymore, the largest first. */
async function leftParts(target: string): Promise<string[]> {
  const folder = dirname(target);
  const start = `${basename(target)}.`;
  const parts: { path: string; size: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!name.startsWith(start) || !name.endsWith('.part')) continue;
    const path = join(folder, name);
    // If one is gone by now, another process has taken it.
    const found = await stat(path).catch(() => undefined);
    const writer = name.slice(start.length, -'.part'.length);
    if (found === undefined || (writer && isWriting(path, writer, Date.now() - found.mtimeMs))) continue;
    parts.push({ path, size: found.size });
  }
  return parts.sort((a, b) => b.size - a.size).map(({ path }) => path);
}

/** Whether the process in a part's name may still be writing it, unchanged for so many milliseconds. */
function isWriting(path: string, writer: string, unchanged: number): boolean {
  const [where, pid] = writer.split('-');
  // Computers that share a folder cannot look up each other's processes.
  if (where !== host || unchanged > aDay) return unchanged < aDay;
  // In containers, every program may have the same number; another thread of this one may write it, too.
  if (Number(pid) === process.pid) return written.has(path) || unchanged < aMinute;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

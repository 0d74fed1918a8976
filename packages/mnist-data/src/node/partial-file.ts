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
 * A file in progress: written under its own name, next to where it goes once it is complete. What one process leaves
 * unfinished, another continues; two processes that write the same file at once do not collide.
 *
 * The part is named `<file>.<host>-<process>-<random>.part` while a process writes it, and `<file>.part` once abandoned.
 */
export class PartialFile {
  /** The final path of the file. */
  readonly target: string;
  /** Its path until then. */
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

  /** Opens a part of a file whose folder exists: an abandoned one, or else an empty one. */
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
        // It belongs to another user, in a folder that both can write to.
        await rm(path, { force: true }).catch(() => {});
      }
    }
    return new PartialFile(target, path, await open(path, 'wx+'), 0);
  }

  /** The number of bytes so far. */
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

  /** Starts over from an empty file. */
  async clear(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  /** All bytes so far. */
  async read(): Promise<Uint8Array> {
    const { buffer, byteOffset, byteLength } = await readFile(this.path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** Moves the complete file into place in one step, synced to disk before it becomes visible there. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#close();
    try {
      await renameOnceFree(this.path, this.target);
    } catch (error) {
      // Windows does not replace a file that another process has open because it has just moved it there or is reading it. If
      // there is no such file, the received bytes stay, and the next process that downloads the file continues from them.
      if (process.platform !== 'win32' || !isBusy(error) || !existsSync(this.target)) throw error;
      await rm(this.path, { force: true });
    }
    for (const left of await leftParts(this.target)) await rm(left, { force: true });
  }

  /**
   * Leaves the bytes so far for the next process to open; does nothing if there are none, or if {@link finish} was called.
   */
  async leave(): Promise<void> {
    if (!this.#isOpen) return;
    await this.#close();
    const left = this.#size === 0 ? rm(this.path, { force: true }) : rename(this.path, `${this.target}.part`);
    // Even under its current name, it is found once this process has ended.
    await left.catch(() => {});
  }

  async #close(): Promise<void> {
    this.#isOpen = false;
    written.delete(this.path);
    await this.#handle.close();
  }
}

/** The parts of a file that no process is writing anymore, largest first. */
async function leftParts(target: string): Promise<string[]> {
  const folder = dirname(target);
  const start = `${basename(target)}.`;
  const parts: { path: string; size: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!name.startsWith(start) || !name.endsWith('.part')) continue;
    const path = join(folder, name);
    // If one is gone, another process has taken it.
    const found = await stat(path).catch(() => undefined);
    const writer = name.slice(start.length, -'.part'.length);
    if (found === undefined || (writer && isWriting(path, writer, Date.now() - found.mtimeMs))) continue;
    parts.push({ path, size: found.size });
  }
  return parts.sort((a, b) => b.size - a.size).map(({ path }) => path);
}

/** Whether the process in a part's name may still be writing it, given how many milliseconds it has been unchanged. */
function isWriting(path: string, writer: string, unchanged: number): boolean {
  const [where, pid] = writer.split('-');
  // Computers that share a folder cannot look up each other's processes.
  if (where !== host || unchanged > aDay) return unchanged < aDay;
  // In containers, every program may have the same process ID; another thread of this process may also be writing it.
  if (Number(pid) === process.pid) return written.has(path) || unchanged < aMinute;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

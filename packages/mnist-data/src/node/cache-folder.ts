import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { explainFileError } from './explain-errors';

/** A cache of data sets, each in a folder of its own name, and what stands in for it if it cannot be written. */
export class CacheFolder {
  /** The cache itself, even if a temporary folder stands in for it. */
  readonly home: string;
  readonly #onUnwritable: (folder: string, reason: string) => void;
  #writable?: Promise<string>;
  #temporary?: string;

  /** @param onUnwritable is told, or throws, if a temporary folder has to do. */
  constructor(home: string, onUnwritable: (folder: string, reason: string) => void) {
    this.home = home;
    this.#onUnwritable = onUnwritable;
  }

  /** The folder to read from. */
  get root(): string {
    return this.#temporary ?? this.home;
  }

  /** The folder to write to, in which the data set's own has been made. */
  async writable(name: string): Promise<string> {
    this.#writable ??= this.#requireWritable(name);
    const root = await this.#writable;
    await makeFolder(join(root, name));
    return root;
  }

  async #requireWritable(name: string): Promise<string> {
    const folder = join(this.home, name);
    try {
      await makeFolder(folder);
      // Permission bits do not tell of a read-only file system or of Windows' access lists.
      const probe = join(folder, `.${process.pid}-${randomBytes(4).toString('hex')}.tmp`);
      await writeFile(probe, '');
      await rm(probe, { force: true });
      return this.home;
    } catch (error) {
      this.#onUnwritable(folder, explainFileError(error));
      this.#temporary = await mkdtemp(join(tmpdir(), 'harmonic-mlp-'));
      return this.#temporary;
    }
  }

  /** Removes the temporary folder, if there was one. */
  async close(): Promise<void> {
    if (this.#temporary) await rm(this.#temporary, { recursive: true, force: true });
  }
}

/** Like mkdir with `recursive`, which never returns on Linux for a folder in /proc. */
export async function makeFolder(path: string): Promise<void> {
  const isFolder = async () => (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  if (await isFolder()) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    // Another process may have made it in the meantime.
    if (!(await isFolder())) throw error;
  }
}

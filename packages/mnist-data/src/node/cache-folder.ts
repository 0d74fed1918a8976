import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { explainFileError } from './explain-errors';

/** A cache of data sets, each in a folder of its own name, and a temporary replacement if it is not writable. */
export class CacheFolder {
  /** The cache itself, even if a temporary folder replaces it. */
  readonly home: string;
  readonly #onUnwritable: (folder: string, reason: string) => void;
  #writable?: Promise<string>;
  #temporary?: string;

  /** @param onUnwritable called if a temporary folder has to replace the cache; may throw. */
  constructor(home: string, onUnwritable: (folder: string, reason: string) => void) {
    this.home = home;
    this.#onUnwritable = onUnwritable;
  }

  /** The folder to read from. */
  get root(): string {
    return this.#temporary ?? this.home;
  }

  /** The folder to write to, in which the data set's own folder has been created. */
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
      // Permission bits do not reveal a read-only file system or Windows access lists.
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
    // Another process may have created it in the meantime.
    if (!(await isFolder())) throw error;
  }
}

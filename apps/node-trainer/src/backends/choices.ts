import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { version_core } from '@tensorflow/tfjs-core';
import { makeFolder, NotReplaced, writeWhole } from '../file-system';
import { cacheFolder } from '../folders';
import type { BackendName } from './backend';
import { processor } from './processor';

/** What was measured for a workload. */
export interface Choice {
  /** The fastest. */
  backend: BackendName;
  /** As in "7.4 ms a step; tensorflow 10.1 ms". */
  why: string;
  /** Those that did not start, and may do so the next time. */
  missing: BackendName[];
}

interface Entry extends Choice {
  /** When it was made, in milliseconds since 1970. */
  at: number;
}

/** Drivers and libraries become faster and slower: in milliseconds, 30 days. */
const lifetime = 30 * 24 * 3600 * 1000;
const most = 100;

/**
 * The backends that were chosen on this machine, each for a workload, in a file of the cache. It is only there to save
 * time: where it cannot be read or written, the choice is made anew.
 */
export class Choices {
  readonly #file: string;

  constructor(folder: string = cacheFolder()) {
    this.#file = join(folder, 'backends.json');
  }

  /** What was measured, and on which day. */
  async get(workload: object): Promise<(Choice & { day: string }) | undefined> {
    const { at, backend, why, missing } = (await this.#read())[keyOf(workload)] ?? {};
    if (backend === undefined || why === undefined || !Array.isArray(missing)) return undefined;
    if (!(Date.now() - at! < lifetime)) return undefined;
    return { backend, why, missing, day: new Date(at!).toISOString().slice(0, 10) };
  }

  async set(workload: object, choice: Choice): Promise<void> {
    const entries = { ...(await this.#read()), [keyOf(workload)]: { ...choice, at: Date.now() } };
    const newest = Object.entries(entries).sort(([, a], [, b]) => (b.at ?? 0) - (a.at ?? 0));
    await this.#write(Object.fromEntries(newest.slice(0, most)));
  }

  /** Forgets all of them, so that everything is measured anew. */
  async clear(): Promise<void> {
    await this.#write({});
  }

  async #read(): Promise<Record<string, Partial<Entry>>> {
    try {
      const entries = JSON.parse(await readFile(this.#file, 'utf8'));
      return typeof entries === 'object' && entries !== null ? entries : {};
    } catch {
      return {};
    }
  }

  async #write(entries: Record<string, Partial<Entry>>): Promise<void> {
    try {
      await makeFolder(dirname(this.#file));
      await writeWhole(this.#file, `${JSON.stringify(entries, null, 2)}\n`);
    } catch (error) {
      // A cache that cannot be written is none.
      if (error instanceof NotReplaced) await rm(error.kept, { force: true }).catch(() => {});
    }
  }
}

/** The machine, what runs on it, and the workload. */
function keyOf(workload: object): string {
  const machine = [hostname(), processor(), availableParallelism(), process.platform, process.arch];
  const all = JSON.stringify([machine, process.version, version_core, workload]);
  return createHash('sha256').update(all).digest('hex').slice(0, 16);
}

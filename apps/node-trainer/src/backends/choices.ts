import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { version_core } from '@tensorflow/tfjs-core';
import { makeFolder, NotReplaced, writeWhole } from '../file-system';
import { cacheFolder } from '../folders';
import type { BackendName } from './backend';
import { processor } from './processor';

/** The backend chosen for a workload. */
export interface Choice {
  /** The fastest one. */
  backend: BackendName;
  /** For example "7.4 ms a step; tensorflow 10.1 ms". */
  why: string;
  /** Those that did not start, but may start the next time. */
  missing: BackendName[];
}

/** The number of threads found for a workload. */
export interface ThreadChoice {
  threads: number;
  /** For example "3.9 ms a step; 1 thread 6.6 ms". */
  why: string;
}

type Entry = (Choice | ThreadChoice) & {
  /** When it was chosen, in milliseconds since 1970. */
  at: number;
};

const day = 24 * 3600 * 1000;
/** 30 days, in milliseconds: updates make drivers and libraries faster or slower. */
const lifetime = 30 * day;
/** A day: trying numbers of threads costs next to nothing, and the machine may have been busy. */
const lifetimeOfThreads = day;
const most = 100;

/**
 * The backends and numbers of threads chosen on this machine, one for each workload, in a file in the cache. The file only saves
 * time: if it cannot be read or written, they are measured again.
 */
export class Choices {
  readonly #file: string;

  constructor(folder: string = cacheFolder()) {
    this.#file = join(folder, 'backends.json');
  }

  /** What was chosen, and on which day. */
  async get(workload: object): Promise<(Choice & { day: string }) | undefined> {
    const { backend, why, missing, day } = await this.#fresh<Choice>(workload, lifetime);
    if (backend === undefined || why === undefined || !Array.isArray(missing)) return undefined;
    return { backend, why, missing, day };
  }

  /** The number of threads that was found, and on which day. */
  async getThreads(workload: object): Promise<(ThreadChoice & { day: string }) | undefined> {
    const { threads, why, day } = await this.#fresh<ThreadChoice>(
      { workload, of: 'threads' },
      lifetimeOfThreads,
    );
    return typeof threads === 'number' && why !== undefined ? { threads, why, day } : undefined;
  }

  set(workload: object, choice: Choice): Promise<void> {
    return this.#set(workload, choice);
  }

  setThreads(workload: object, choice: ThreadChoice): Promise<void> {
    return this.#set({ workload, of: 'threads' }, choice);
  }

  async #fresh<T>(workload: object, lifetime: number): Promise<Partial<T> & { day: string }> {
    const entry = (await this.#read())[keyOf(workload)];
    if (entry?.at === undefined || !(Date.now() - entry.at < lifetime))
      return { day: '' } as Partial<T> & { day: string };
    return { ...(entry as Partial<T>), day: new Date(entry.at).toISOString().slice(0, 10) };
  }

  async #set(workload: object, choice: Choice | ThreadChoice): Promise<void> {
    const entries: Record<string, Partial<Entry>> = {
      ...(await this.#read()),
      [keyOf(workload)]: { ...choice, at: Date.now() },
    };
    const newest = Object.entries(entries).sort(([, a], [, b]) => (b.at ?? 0) - (a.at ?? 0));
    await this.#write(Object.fromEntries(newest.slice(0, most)));
  }

  /** Forgets all choices, so that everything is measured again. */
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
      // Then nothing is cached.
      if (error instanceof NotReplaced) await rm(error.kept, { force: true }).catch(() => {});
    }
  }
}

/** Counts the changes of this project after which another backend may be the fastest. */
const generation = 2;

/** A hash of the machine, the versions on it, and the workload. */
function keyOf(workload: object): string {
  const machine = [hostname(), processor(), availableParallelism(), process.platform, process.arch];
  const all = JSON.stringify([generation, machine, process.version, version_core, workload]);
  return createHash('sha256').update(all).digest('hex').slice(0, 16);
}

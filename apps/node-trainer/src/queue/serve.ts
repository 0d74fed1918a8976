import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../errors';
import { makeFolder, writeWhole } from '../file-system';
import { besideRun, runFiles } from '../run-folder';
import { type Trial, trainInProcess } from '../sweep';
import { keepingChanges } from './changed-file';
import { asTrainerError, loadQueue, type QueueContext, type QueuedResult, type QueueEvent } from './module';
import { packed, unpacked } from './packed-checkpoint';
import { pool } from './pool';

/** How a worker trains. */
export interface Service {
  /** Trials at once. */
  jobs: number;
  threads: number;
  name?: string;
  /** The seconds after which others take over what it does not finish. */
  takeOver: number;
  /** The folder with the files of the data set here. */
  dataDir?: string;
  offline?: boolean;
  signal: AbortSignal;
  onNotice(text: string): void;
  onEvent(event: QueueEvent): void;
}

/** The files of a finished trial that its sweep keeps. */
const keptFiles = [runFiles.config, runFiles.metrics, runFiles.events, runFiles.best];

/**
 * Trains trials from a queue until the signal is aborted; each that it is training then goes back into the queue with its last
 * checkpoint.
 *
 * @throws {TrainerError} when the data here are not those of a sweep, which a worker elsewhere may have.
 */
export async function serve(
  url: string | undefined,
  { jobs, threads, name, takeOver, dataDir, offline, signal, onNotice, onEvent }: Service,
): Promise<void> {
  const { work, queueUrl } = await loadQueue();
  const unfit = new AbortController();
  const folder = await mkdtemp(join(tmpdir(), 'harmonic-worker-'));
  let failure: unknown;

  async function run(data: unknown, context: QueueContext): Promise<QueuedResult> {
    const trial = data as Trial;
    const place = await mkdtemp(join(folder, 'trial-'));
    const last = join(place, runFiles.last);
    const best = join(place, runFiles.best);
    // Read after the last one, it may be that of the epoch after it, which a successor repeats, but never of one before.
    const changes = keepingChanges(last, async (bytes) =>
      context.saveCheckpoint(
        packed({
          level: await levelIn(place),
          last: bytes,
          best: await readFile(best).catch(() => undefined),
        }),
      ),
    );
    // The coordinator need not wait for it, and the next one may succeed.
    const saveSoon = () => void changes.keep().catch(() => {});
    const saving = setInterval(saveSoon, 500 * takeOver);
    try {
      const saved = context.checkpoint && unpacked(context.checkpoint);
      if (saved?.best !== undefined) await writeWhole(best, saved.best);
      if (saved !== undefined) await writeWhole(last, saved.last);
      changes.skip();
      const { settings } = trial;
      const { result, stopped } = await trainInProcess(
        { ...trial, settings: { ...settings, dataDir: dataDir ?? localFolder(settings.dataDir) } },
        {
          folder: place,
          threads,
          offline,
          level: saved?.level,
          signal: context.signal,
          async onProgress(progress) {
            saveSoon();
            return await context.progress(progress);
          },
        },
      );
      for (const file of keptFiles) {
        const bytes = await readFile(join(place, file)).catch(() => undefined);
        if (bytes !== undefined) await context.keepFile(file, bytes);
      }
      const isExact = /^(wasm|cpu)\b/.test(result.level);
      return { ...result, stopped, comparable: isExact ? result.level : `${result.level} ${randomUUID()}` };
    } catch (error) {
      if (context.signal.aborted) await changes.keep().catch(() => {});
      else if (
        hasCode(error, 'CHECKSUM_MISMATCH', 'FILE_NOT_FOUND', 'DOWNLOAD_FAILED', 'UNREADABLE', 'UNWRITABLE')
      ) {
        // Another worker may do better.
        failure = error;
        unfit.abort(error);
      }
      throw error;
    } finally {
      clearInterval(saving);
      await rm(place, { recursive: true, force: true }).catch(() => {});
    }
  }

  try {
    await makeFolder(folder);
    await work({
      url: queueUrl(url),
      pool,
      concurrency: jobs,
      name,
      timing: { lock: 1000 * takeOver, stalledCheck: 500 * takeOver },
      signal: AbortSignal.any([signal, unfit.signal]),
      onNotice,
      run,
      onJob: onEvent,
    });
  } catch (error) {
    throw asTrainerError(error);
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
  if (failure !== undefined) throw failure;
}

/** A folder of the coordinator's machine, where there is one of that name here. */
const localFolder = (path: unknown) => (typeof path === 'string' && existsSync(path) ? path : undefined);

/** What computes a trial, which its process notes before it saves anything. */
async function levelIn(folder: string): Promise<string> {
  const { level } = JSON.parse(await readFile(join(folder, besideRun.trial), 'utf8'));
  return level;
}

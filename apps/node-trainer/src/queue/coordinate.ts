import { join, resolve } from 'node:path';
import { TrainerError } from '../errors';
import { codeOf, makeFolder, reason, writeWhole } from '../file-system';
import type { TrainTrial, TrialProgress } from '../sweep';
import { asTrainerError, loadQueue, type QueuedResult } from './module';
import { keyOf, pool } from './pool';

/** Trains the trials of a sweep on the workers of a queue. */
export interface Coordination {
  trainTrial: TrainTrial;
  /** Results that differ from an earlier one of the same trial. */
  readonly differences: readonly object[];
  /** Removes what the server has of a sweep that has ended. */
  remove(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Sees that the package for queues is installed, and that there is an address.
 *
 * @throws {TrainerError} where not.
 */
export async function requireQueue(url: string | undefined): Promise<void> {
  const { queueUrl, showAddress } = await loadQueue();
  try {
    showAddress(queueUrl(url));
  } catch (error) {
    throw asTrainerError(error);
  }
}

/**
 * Connects to a queue.
 *
 * @param url default: that in HARMONIC_MLP_QUEUE.
 * @param sweep the name of the sweep, which no other has.
 */
export async function coordinate(
  url: string | undefined,
  { sweep, signal, onNotice }: { sweep: string; signal: AbortSignal; onNotice(text: string): void },
): Promise<Coordination> {
  const { Coordinator, queueUrl } = await loadQueue();
  try {
    const address = queueUrl(url);
    const coordinator = await Coordinator.connect({ url: address, pool, sweep, signal, onNotice });
    return {
      get differences() {
        return coordinator.differences;
      },
      remove: () => coordinator.remove(),
      close: () => coordinator.close(),
      async trainTrial(trial, { folder, onProgress, signal: own }) {
        const key = keyOf(trial);
        try {
          const {
            stopped,
            comparable: _,
            ...result
          } = (await coordinator.train(
            { key, data: trial },
            { onProgress: (progress) => onProgress(progress as TrialProgress), signal: own },
          )) as QueuedResult;
          // The worker's files, as if the trial had been trained here; they leave the server when they are written.
          await makeFolder(folder);
          for (const [name, bytes] of Object.entries(await coordinator.files(key)))
            await writeWhole(join(folder, name), bytes);
          await coordinator.dropFiles(key);
          return { result, stopped };
        } catch (error) {
          throw asTrainerError(ofDisk(folder, error));
        }
      },
    };
  } catch (error) {
    throw asTrainerError(error);
  }
}

/** An error of the disk as one of this program's. */
function ofDisk(folder: string, cause: unknown): unknown {
  if (!/^E(NOSPC|DQUOT|ROFS|ACCES|PERM|IO)$/.test(codeOf(cause) ?? '')) return cause;
  const problem = `The files of a trial cannot be written: ${reason(cause)}.`;
  return new TrainerError('UNWRITABLE', { problem, file: resolve(folder) }, { cause });
}

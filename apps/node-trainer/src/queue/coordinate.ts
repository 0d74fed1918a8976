import { join } from 'node:path';
import { makeFolder, writeWhole } from '../file-system';
import type { TrainTrial, TrialProgress } from '../sweep';
import { asTrainerError, loadQueue, type QueuedResult } from './module';
import { keyOf, pool } from './pool';

/** Trains the trials of a sweep on the workers of a queue. */
export interface Coordination {
  trainTrial: TrainTrial;
  /** The address, without secrets. */
  shown: string;
  /** Removes what the server has of a sweep that has ended. */
  remove(): Promise<void>;
  close(): Promise<void>;
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
  const { Coordinator, queueUrl, showAddress } = await loadQueue();
  try {
    const address = queueUrl(url);
    const coordinator = await Coordinator.connect({ url: address, pool, sweep, signal, onNotice });
    return {
      shown: showAddress(address),
      remove: () => coordinator.remove(),
      close: () => coordinator.close(),
      async trainTrial(trial, { folder, onProgress }) {
        const key = keyOf(trial);
        try {
          const {
            stopped,
            comparable: _,
            ...result
          } = (await coordinator.train(
            { key, data: trial },
            { onProgress: (progress) => onProgress(progress as TrialProgress) },
          )) as QueuedResult;
          // The worker's files, as if the trial had been trained here.
          await makeFolder(folder);
          for (const [name, bytes] of Object.entries(await coordinator.takeFiles(key)))
            await writeWhole(join(folder, name), bytes);
          return { result, stopped };
        } catch (error) {
          throw asTrainerError(error);
        }
      },
    };
  } catch (error) {
    throw asTrainerError(error);
  }
}

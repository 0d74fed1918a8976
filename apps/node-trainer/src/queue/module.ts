import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { pnpmCommand } from '../command-line';
import { TrainerError } from '../errors';
import type { TrialProgress, TrialResult, Verdict } from '../sweep';

/** A result as the queue passes it on. */
export type QueuedResult = TrialResult & {
  stopped?: string;
  /** Results of the same level are compared to the bit. */
  comparable?: string;
};

/** What a worker is told about a trial that it trains. */
export interface QueueContext {
  signal: AbortSignal;
  checkpoint?: Uint8Array;
  saveCheckpoint(bytes: Uint8Array): Promise<boolean>;
  keepFile(name: string, bytes: Uint8Array): Promise<void>;
  progress(report: TrialProgress): Promise<Verdict>;
}

/** What happens to a trial on a worker. */
export interface QueueEvent {
  event: 'started' | 'finished' | 'given back' | 'lost' | 'failed';
  key: string;
  data?: unknown;
  hasCheckpoint?: boolean;
  error?: unknown;
}

/** The coordinator of a sweep's trials. */
export interface QueueCoordinator {
  train(
    trial: { key: string; data: unknown },
    hooks: { onProgress(progress: unknown): Promise<Verdict>; signal: AbortSignal },
  ): Promise<unknown>;
  files(key: string): Promise<Readonly<Record<string, Uint8Array>>>;
  dropFiles(key: string): Promise<void>;
  readonly differences: readonly object[];
  remove(): Promise<void>;
  close(): Promise<void>;
}

interface QueueOptions {
  url: string;
  pool: string;
  signal: AbortSignal;
  onNotice(text: string): void;
}

/** What this program uses of the package for queues, which is installed separately. */
export interface QueueModule {
  Coordinator: { connect(options: QueueOptions & { sweep: string }): Promise<QueueCoordinator> };
  work(
    options: QueueOptions & {
      concurrency: number;
      name?: string;
      timing: { lock: number; stalledCheck: number };
      run(data: unknown, context: QueueContext): Promise<QueuedResult>;
      onJob(event: QueueEvent): void;
    },
  ): Promise<void>;
  queueUrl(given: string | undefined): string;
  showAddress(url: string): string;
}

/**
 * Loads the package for queues.
 *
 * @throws {TrainerError} `FILE_NOT_FOUND` when it is not installed, with the command that installs it.
 */
export async function loadQueue(): Promise<QueueModule> {
  // The sources and the build of this module lie at different depths in the apps' folder.
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'sweep-queue')) && dirname(folder) !== folder) folder = dirname(folder);
  const file = join(folder, 'sweep-queue', 'dist', 'index.js');
  try {
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new TrainerError(
      'FILE_NOT_FOUND',
      {
        argument: 'queue',
        problem: 'What --queue needs is not installed here.',
        fix: `Install it with: ${pnpmCommand('setup:queue')}`,
      },
      { cause },
    );
  }
}

/** The queue's own errors as those of this program. */
export function asTrainerError(error: unknown): unknown {
  const { name, code, problem, fix, message } = Object(error) as Partial<Error> & Record<string, string>;
  if (name === 'TrialError') return new TrainerError(code as 'PROGRAM_FAILED', { problem: message });
  if (name !== 'QueueError') return error;
  const isUsage = code === 'INVALID_ADDRESS' || code === 'INVALID_ARGUMENT';
  return new TrainerError(
    isUsage ? 'INVALID_ARGUMENT' : 'QUEUE_FAILED',
    { argument: 'queue', problem, fix },
    { cause: error },
  );
}

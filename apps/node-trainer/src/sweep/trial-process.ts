import { type ChildProcess, spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { createInterface } from 'node:readline';
import { childEnvironment, nodeArguments } from '../child-process';
import { TrainerError } from '../errors';
import type { Trial, TrialMessage, TrialOrder, TrialProgress, TrialResult, Verdict } from './trial';

/** The command that the process of a trial runs. */
export const trialCommand = 'train-trial';

/** How many of the last lines of a process are kept. */
const keptLines = 6;

/** The processes that are training. */
const children = new Set<ChildProcess>();

const killAll = () => {
  for (const child of children) child.kill('SIGKILL');
};

/** Where and how a trial is trained. */
export interface TrialPlace {
  /** The folder of its run; what an earlier process has saved there is continued. */
  folder: string;
  threads: number;
  offline?: boolean;
  /** What computed that which is saved there: on another level, the trial begins anew. Default: any. */
  level?: string;
  /** After each epoch, which has been saved. */
  onProgress(progress: TrialProgress): Verdict | Promise<Verdict>;
  onWarning?(text: string): void;
  /** Stops it after its step, when it has saved. */
  signal: AbortSignal;
}

/**
 * Trains a trial in another process.
 *
 * @throws {TrainerError} that of the training, `PROGRAM_FAILED` when its process ends without a result, or the signal's reason.
 */
export async function trainInProcess(
  trial: Trial,
  { folder, threads, offline, level, onProgress, onWarning, signal }: TrialPlace,
): Promise<{ result: TrialResult; stopped?: string }> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, nodeArguments(trialCommand), {
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const order = (what: TrialOrder) => {
    // It may have ended in the meantime.
    if (child.connected) child.send(what, () => {});
  };
  const abort = () => order({ order: 'abort' });
  setMaxListeners(0, signal); // As many as there are jobs.
  signal.addEventListener('abort', abort);
  if (children.size === 0) process.on('exit', killAll);
  children.add(child);
  let end: Extract<TrialMessage, { event: 'finished' | 'failed' }> | undefined;
  let failure: unknown;
  child.on('message', async (message: TrialMessage) => {
    if (message.event === 'warning') onWarning?.(message.text);
    else if (message.event !== 'epoch') end = message;
    else {
      try {
        order({ order: 'verdict', verdict: await onProgress(message.progress) });
      } catch (error) {
        failure = error;
        abort();
      }
    }
  });
  const lastWords: string[] = [];
  createInterface(child.stderr!).on('line', (line) => {
    if (line.trim() !== '' && lastWords.push(line.slice(0, 500)) > keptLines) lastWords.shift();
  });
  order({ order: 'train', trial, folder, threads, offline, level });
  if (signal.aborted) abort();
  try {
    const [code, killedBy] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (...ending) => resolve(ending));
    });
    if (failure !== undefined) throw failure;
    if (end?.event === 'finished') return end;
    signal.throwIfAborted();
    if (end !== undefined)
      throw new TrainerError((end.code ?? 'PROGRAM_FAILED') as 'PROGRAM_FAILED', { problem: end.message });
    const how = killedBy ? `was ended by ${killedBy}` : `ended with code ${code}`;
    throw new TrainerError('PROGRAM_FAILED', {
      problem: [`The process of the trial ${how}.`, ...lastWords].join(' '),
    });
  } finally {
    signal.removeEventListener('abort', abort);
    children.delete(child);
    if (children.size === 0) process.off('exit', killAll);
  }
}

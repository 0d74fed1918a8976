import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { childEnvironment, nodeArguments } from '../child-process';
import { findInstallation, type Installation, notInstalled } from '../tensorflow';
import type { Backend, BackendName, BackendOptions } from './backend';
import type { Rate, Workload } from './probe';

/** What a backend turned out to be on this machine. */
export interface Finding extends Partial<Rate> {
  backend: BackendName;
  /** What started; undefined when it did not. */
  started?: Pick<Backend, 'description' | 'version' | 'device' | 'adapter'>;
  /** The mean losses of the first epoch and of the last, where it was to learn something. */
  losses?: [first: number, last: number];
  /** Why it did not start, or was not measured, as a sentence. */
  reason?: string;
  /** What would provide it, as a sentence. */
  remedy?: string;
  /** How its process ended of itself, where that is the reason. */
  ending?: Ending;
}

/** How the process of a trial ended that did not come to a result. */
interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines that it wrote on standard error. */
  lastWords: string[];
}

/** What one is to do that tries a backend. */
export interface Trial extends BackendOptions {
  /** Of TensorFlow, for its backend; default: the one of this machine. */
  installation?: Installation;
  /** Whether it is to train a small network, and to see that it learns. */
  learns?: boolean;
  /** What is measured; nothing by default. */
  workload?: Workload;
  /** Whether a software adapter is measured, too, though it is never a good choice. */
  measureSoftware?: boolean;
}

/** What a process that tries a backend reports, one a line. */
export type TrialEvent =
  | { event: 'started'; started: NonNullable<Finding['started']> }
  | { event: 'missing'; reason: string; remedy: string }
  | { event: 'failed'; reason: string }
  | { event: 'learned'; losses: NonNullable<Finding['losses']> }
  | ({ event: 'rate' } & Rate);

/** The command of a process that tries a backend. */
export const trialCommand = 'try-backend';

/** How many lines of what a process wrote last are kept. */
const keptLines = 6;

/**
 * Tries a backend in a process of its own, which a driver or a library may crash or hang without harm.
 *
 * @param seconds how long it may take to start, and then to do its first steps; default: as long as it takes.
 * @throws the reason of the signal.
 */
export async function tryBackend(trial: Trial, seconds?: number, signal?: AbortSignal): Promise<Finding> {
  const { backend, installation } = trial;
  const finding: Finding = { backend };
  // That takes no process to find out.
  if (backend === 'tensorflow' && (installation ?? findInstallation()) === undefined) {
    return { backend, ...notInstalled() };
  }
  signal?.throwIfAborted();
  // Over the channel it learns that this process has ended.
  const child = spawn(process.execPath, nodeArguments(trialCommand, JSON.stringify(trial)), {
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill);
  let isLate = false;
  const late = () => {
    isLate = true;
    kill();
  };
  const wait = () => (seconds === undefined ? undefined : setTimeout(late, 1000 * seconds));
  let timer = wait();
  createInterface(child.stdout!).on('line', (line) => {
    const { event, ...values } = parse(line) ?? {};
    Object.assign(finding, values);
    if (event !== 'started') return;
    clearTimeout(timer);
    timer = wait();
  });
  // What drivers write there is for the user only where nothing else tells what happened.
  const lastWords: string[] = [];
  createInterface(child.stderr!).on('line', (line) => {
    if (line.trim() !== '' && lastWords.push(line.slice(0, 500)) > keptLines) lastWords.shift();
  });
  try {
    const [code, killedBy] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (...ending) => resolve(ending));
    });
    signal?.throwIfAborted();
    if (finding.reason !== undefined || finding.stepSeconds !== undefined) return finding;
    if (isLate) {
      finding.reason = `It did not ${finding.started ? 'end a step' : 'start'} within ${seconds} s.`;
    } else if (code !== 0 || finding.started === undefined) {
      finding.reason = killedBy ? `It crashed (${killedBy}).` : `Its process ended with code ${code}.`;
      finding.ending = { code, signal: killedBy, lastWords };
    }
    return finding;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}

/** A line of this project's own; libraries may print others. */
function parse(line: string): TrialEvent | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

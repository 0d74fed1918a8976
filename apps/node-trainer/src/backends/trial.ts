import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { childEnvironment, nodeArguments } from '../child-process';
import { findInstallation, type Installation, notInstalled } from '../tensorflow';
import type { Backend, BackendName, BackendOptions } from './backend';
import type { Rate, Workload } from './probe';

/** What a trial found out about a backend on this machine. */
export interface Finding extends Partial<Rate> {
  backend: BackendName;
  /** The backend that started; undefined if it did not. */
  started?: Pick<Backend, 'description' | 'version' | 'device' | 'adapter'>;
  /** The mean losses of the first and the last epoch, if a network was trained. */
  losses?: [first: number, last: number];
  /** Why it did not start, or was not measured, as a sentence. */
  reason?: string;
  /** What would make it available, as a sentence. */
  remedy?: string;
  /** How its process ended by itself, if that is the reason. */
  ending?: Ending;
}

/** How the process of a trial ended without a result. */
interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines that it wrote to standard error. */
  lastWords: string[];
}

/** What a trial of a backend does. */
export interface Trial extends BackendOptions {
  /** The installation of TensorFlow for the tensorflow backend; default: the one that is found. */
  installation?: Installation;
  /** Whether it trains a small network, and checks that this learns. */
  learns?: boolean;
  /** What is measured; default: nothing. */
  workload?: Workload;
  /** Whether software adapters are measured too, although they are never a good choice. */
  measureSoftware?: boolean;
}

/** What the process of a trial reports, one event a line. */
export type TrialEvent =
  | { event: 'started'; started: NonNullable<Finding['started']> }
  | { event: 'missing'; reason: string; remedy: string }
  | { event: 'failed'; reason: string }
  | { event: 'learned'; losses: NonNullable<Finding['losses']> }
  | ({ event: 'rate' } & Rate);

/** The command that the process of a trial runs. */
export const trialCommand = 'try-backend';

/** How many of the last lines of a process are kept. */
const keptLines = 6;

/**
 * Tries a backend in another process, which a driver or a library may crash or hang without harm.
 *
 * @param seconds the time it has to start, and again for its first steps; default: no limit.
 * @throws the reason of the signal.
 */
export async function tryBackend(trial: Trial, seconds?: number, signal?: AbortSignal): Promise<Finding> {
  const { backend, installation } = trial;
  const finding: Finding = { backend };
  // This can be found out without a process.
  if (backend === 'tensorflow' && (installation ?? findInstallation()) === undefined) {
    return { backend, ...notInstalled() };
  }
  signal?.throwIfAborted();
  // Through the channel it notices when this process ends.
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
  // What drivers write there is of interest only if nothing else says what happened.
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
      finding.reason = `It did not ${finding.started ? 'finish a step' : 'start'} within ${seconds} s.`;
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

/** The event on a line; undefined for what libraries print. */
function parse(line: string): TrialEvent | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

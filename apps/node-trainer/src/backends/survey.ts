import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { childEnvironment, nodeArguments } from '../child-process';
import { findInstallation, notInstalled } from '../tensorflow/installation';
import type { Backend, BackendName, BackendOptions } from '.';
import type { Rate, Workload } from './probe';

/** What a backend turned out to be on this machine. */
export interface Finding extends Partial<Rate> {
  backend: BackendName;
  /** What started; undefined when it did not. */
  started?: Pick<Backend, 'description' | 'version' | 'device' | 'adapter'>;
  /** Why it did not start, or was not measured, as a sentence. */
  reason?: string;
  /** What would provide it, as a sentence. */
  remedy?: string;
}

/** What one is to do that tries a backend. */
export interface Trial extends BackendOptions {
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
  | ({ event: 'rate' } & Rate);

/** The command of a process that tries a backend. */
export const trialCommand = 'try-backend';

/**
 * Tries a backend in a process of its own, which a driver or a library may crash or hang without harm.
 *
 * @param seconds how long it may take to start, and then to do its first steps.
 */
export async function tryBackend(trial: Trial, seconds: number, signal?: AbortSignal): Promise<Finding> {
  const { backend } = trial;
  const finding: Finding = { backend };
  // That takes no process to find out.
  if (backend === 'tensorflow' && findInstallation() === undefined) return { backend, ...notInstalled() };
  const child = spawn(
    process.execPath,
    nodeArguments(trialCommand, JSON.stringify(trial)),
    // What drivers write there is not for the user. Over the channel it learns that this process has ended.
    {
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
      signal,
      killSignal: 'SIGKILL',
    },
  );
  let isLate = false;
  const late = () => {
    isLate = true;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(late, 1000 * seconds);
  const ended = new Promise<[code: number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...ending) => resolve(ending));
  });
  createInterface(child.stdout!).on('line', (line) => {
    const { event, ...values } = parse(line) ?? {};
    Object.assign(finding, values);
    if (event !== 'started') return;
    clearTimeout(timer);
    timer = setTimeout(late, 1000 * seconds);
  });
  try {
    const [code, killedBy] = await ended;
    if (finding.stepSeconds !== undefined || finding.reason !== undefined) return finding;
    if (isLate) {
      finding.reason = `It did not ${finding.started ? 'end a step' : 'start'} within ${seconds} s.`;
    } else if (killedBy !== null) {
      finding.reason = `It crashed (${killedBy}).`;
    } else if (finding.started === undefined) {
      finding.reason = `Its process ended with code ${code}.`;
    }
    return finding;
  } finally {
    clearTimeout(timer);
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

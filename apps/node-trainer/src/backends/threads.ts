import type { CaptureEvent } from 'harmonic-mlp';
import type { BackendName } from './backend';
import { Choices } from './choices';
import { costOf, milliseconds } from './choose';
import type { Workload } from './probe';

/** How many threads a run is to begin with, and why. */
export interface ThreadStart {
  readonly threads: number | 'auto';
  /** For example "as measured on 2026-11-27: 3.9 ms a step; 1 thread 6.6 ms". */
  readonly why?: string;
}

/** How many threads are best for a workload on this machine, as runs have found, if `auto` is asked for. */
export async function startingThreads(
  asked: number | 'auto',
  backend: BackendName,
  workload: Workload,
  choices = new Choices(),
): Promise<ThreadStart> {
  const known =
    asked === 'auto' && backend === 'wasm' ? await choices.getThreads(costOf(workload)) : undefined;
  if (known === undefined) return { threads: asked };
  return { threads: known.threads, why: `as measured on ${known.day}: ${known.why}` };
}

/** Keeps what a run has found by trying, and returns it in words: "3.9 ms a step; 1 thread 6.6 ms". */
export async function rememberThreads(
  { threads, trial }: Pick<CaptureEvent, 'threads' | 'trial'>,
  workload: Workload,
  choices = new Choices(),
): Promise<string | undefined> {
  if (trial === undefined) return undefined;
  const others = Object.entries(trial).filter(([each]) => Number(each) !== threads);
  const why = [
    `${milliseconds(trial[threads] / 1000)} a step`,
    ...others.map(([each, time]) => `${counted(Number(each))} ${milliseconds(time / 1000)}`),
  ].join('; ');
  await choices.setThreads(costOf(workload), { threads, why });
  return why;
}

/** "1 thread", "2 threads". */
export const counted = (threads: number): string => `${threads} ${threads === 1 ? 'thread' : 'threads'}`;

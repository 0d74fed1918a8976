import { HarmonicError } from '@harmonic-mlp/core';
import { vi } from 'vitest';
import { addCommands } from '../src/commands';
import { run } from '../src/program';
import type { Ended } from './trainer-process';

/** How the command line ended in this process. */
export interface EndedHere extends Ended {
  /** The error that it reported. */
  error?: HarmonicError;
}

/** What a run listens to, for as long as its process is there. */
const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'] as const;

/**
 * Runs the command line, or another one of this repository, in this process, one run at a time: starting a process takes a
 * third of a second. Backends can be tried in other processes only where a test says in which program.
 *
 * @param columns the width of its terminal; default: no terminal.
 */
export async function runHere(
  args: string[],
  {
    cwd,
    env,
    columns,
    commands = addCommands,
  }: {
    cwd: string;
    env?: Record<string, string | undefined>;
    columns?: number;
    commands?: Parameters<typeof run>[1];
  },
): Promise<EndedHere> {
  const [from, listeners] = [process.cwd(), events.map((event) => process.listeners(event as 'SIGINT'))];
  const written = { stdout: '', stderr: '' };
  const described = vi.spyOn(HarmonicError.prototype, 'describe');
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text, ...more) => {
      written[name] += text;
      const told = more.at(-1);
      if (typeof told === 'function') told();
      return true;
    }),
  );
  const environment = {
    npm_lifecycle_event: 'train',
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
    TERM: 'xterm',
    ...env,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const streams = [process.stdout, process.stderr] as { columns?: number; isTTY?: boolean }[];
  const terminals = streams.map(({ isTTY }) => isTTY);
  for (const stream of streams) {
    Object.defineProperty(stream, 'columns', { value: columns, configurable: true });
    stream.isTTY = columns !== undefined;
  }
  process.chdir(cwd);
  try {
    const code = await run([process.execPath, 'trainer', ...args], commands);
    return { code, signal: null, ...written, error: described.mock.contexts.at(-1) as HarmonicError };
  } finally {
    process.chdir(from);
    for (const [i, stream] of streams.entries()) {
      delete stream.columns;
      stream.isTTY = terminals[i];
    }
    vi.unstubAllEnvs();
    for (const spy of [...spies, described]) spy.mockRestore();
    for (const [i, event] of events.entries()) {
      process.removeAllListeners(event);
      for (const listener of listeners[i]) process.on(event, listener as () => void);
    }
  }
}

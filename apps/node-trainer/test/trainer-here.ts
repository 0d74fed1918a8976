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
 * Runs the command line in this process, one run at a time, since a process takes a third of a second to start. Backends are
 * not tried in another process.
 *
 * @param columns the width of its terminal.
 */
export async function runHere(
  args: string[],
  { cwd, env, columns }: { cwd: string; env?: Record<string, string | undefined>; columns?: number },
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
  const environment = { npm_lifecycle_event: 'train', NO_COLOR: '1', FORCE_COLOR: undefined, ...env };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true });
  process.chdir(cwd);
  try {
    const code = await run([process.execPath, 'trainer', ...args], addCommands);
    return { code, signal: null, ...written, error: described.mock.contexts.at(-1) as HarmonicError };
  } finally {
    process.chdir(from);
    delete (process.stdout as { columns?: number }).columns;
    vi.unstubAllEnvs();
    for (const spy of [...spies, described]) spy.mockRestore();
    for (const [i, event] of events.entries()) {
      process.removeAllListeners(event);
      for (const listener of listeners[i]) process.on(event, listener as () => void);
    }
  }
}

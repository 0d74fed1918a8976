import type { Command } from 'commander';
import { BackendMissing, withBackend } from '../backends';
import { probe } from '../backends/probe';
import { type Trial, type TrialEvent, trialCommand } from '../backends/survey';
import { ExitCode } from '../exit-code';
import { printJson } from '../output';

/** What the command line runs in a process of its own to see whether a backend works, and how fast. */
export function addTryBackendCommand(program: Command): void {
  program.command(`${trialCommand} <trial>`, { hidden: true }).action(tryBackend);
}

async function tryBackend(text: string): Promise<void> {
  const say = (event: TrialEvent) => printJson(event);
  // Nobody waits for the result any more.
  process.once('disconnect', () => process.exit(ExitCode.failure));
  process.channel?.unref();
  const { workload, measureSoftware, ...options }: Trial = JSON.parse(text);
  try {
    await withBackend({ ...options, isTried: true }, async (backend) => {
      const { description, version, device, adapter } = backend;
      say({ event: 'started', started: { description, version, device, adapter } });
      if (workload === undefined || (adapter === 'software' && !measureSoftware)) return;
      say({ event: 'rate', ...(await probe(backend, workload)) });
    });
  } catch (error) {
    if (error instanceof BackendMissing) {
      say({ event: 'missing', reason: error.reason, remedy: error.remedy });
    } else {
      say({ event: 'failed', reason: (error as Error).message });
    }
  }
}

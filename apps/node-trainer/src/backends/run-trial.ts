import { BackendMissing } from './backend';
import { lossesOfLearning } from './learning';
import { probe } from './probe';
import { withBackend } from './start';
import type { Trial, TrialEvent } from './trial';

/** What the process of a trial does: it starts the backend, measures it, and reports the results. */
export async function runTrial(
  { workload, measureSoftware, learns, ...options }: Trial,
  say: (event: TrialEvent) => void,
): Promise<void> {
  try {
    await withBackend({ ...options, isTried: true }, async (backend) => {
      const { description, version, device, adapter } = backend;
      say({ event: 'started', started: { description, version, device, adapter } });
      if (learns) say({ event: 'learned', losses: await lossesOfLearning() });
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

import { expose, proxy } from 'comlink';
import { startBackend } from './backend';
import { Inspector } from './inspector';
import type { WorkerApi } from './protocol';
import { Trainer } from './trainer';

/** Rejects when what computes fails. */
let failure: Promise<never> | undefined;

/** One program for both kinds of worker, so that the page loads it once. */
const api: WorkerApi = {
  async start(backend) {
    const started = await startBackend(backend);
    failure = started.failure;
    return started.computer;
  },
  trainer: () => proxy(new Trainer(failure)),
  inspector: () => proxy(new Inspector()),
};

expose(api);

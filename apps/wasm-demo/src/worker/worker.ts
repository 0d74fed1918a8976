import { expose, proxy } from 'comlink';
import { startBackend } from './backend';
import { Inspector } from './inspector';
import type { WorkerApi } from './protocol';
import { Trainer } from './trainer';

/** One program for both kinds of worker, so that the page loads it once. */
const api: WorkerApi = {
  start: startBackend,
  trainer: () => proxy(new Trainer()),
  inspector: () => proxy(new Inspector()),
};

expose(api);

import { type ThreadData, workerSource } from './worker-source';

/** A worker of Node or of a browser. */
export interface Thread {
  /** Ends it at once. */
  terminate(): unknown;
}

/** What is told of a thread. */
interface Listener {
  onStarted(): void;
  /** It has ended, with an error or without. */
  onEnded(reason: string): void;
}

type BuiltIn = {
  worker_threads: typeof import('node:worker_threads');
  os: typeof import('node:os');
};

/** A module of Node, which no bundler sees; undefined elsewhere. */
const builtIn = <N extends keyof BuiltIn>(name: N): BuiltIn[N] | undefined =>
  (
    globalThis as { process?: { getBuiltinModule?(name: string): BuiltIn[N] | undefined } }
  ).process?.getBuiltinModule?.(name);

const workerThreads = () => builtIn('worker_threads');

/** How many threads can run at once. */
export const availableParallelism = (): number =>
  builtIn('os')?.availableParallelism() ?? navigator.hardwareConcurrency ?? 1;

/** Why there can be no threads here, if so. */
export function whyNoThreads(): string | undefined {
  if (typeof SharedArrayBuffer === 'undefined')
    return 'the page is not cross-origin isolated: its server does not send Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';
  if (workerThreads() !== undefined) return undefined;
  if (typeof Worker === 'undefined') return 'there are no workers here';
  // The main thread of a page may not wait for others.
  return typeof document === 'undefined' ? undefined : 'a page has to train in a worker for that';
}

/** Starts a thread; once started, it is no reason for a process to stay alive. */
export function startThread(data: ThreadData, { onStarted, onEnded }: Listener): Thread {
  const node = workerThreads();
  if (node !== undefined) {
    const worker = new node.Worker(workerSource, {
      eval: true,
      workerData: data,
      // Of the process, it needs none of these.
      execArgv: [],
      env: {},
      stdin: false,
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
    });
    worker.once('message', () => {
      // Before, nothing else may keep a process alive that waits for it.
      worker.unref();
      onStarted();
    });
    worker.once('error', ({ message }) => onEnded(message));
    worker.once('exit', (code) => onEnded(`it ended with code ${code}`));
    return worker;
  }
  const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = () => {
    URL.revokeObjectURL(url);
    onStarted();
  };
  worker.onerror = ({ message }) => {
    URL.revokeObjectURL(url);
    onEnded(message ?? 'it could not be loaded');
  };
  worker.postMessage(data);
  return worker;
}

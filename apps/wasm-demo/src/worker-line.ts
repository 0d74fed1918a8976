import { type Remote, releaseProxy, wrap } from 'comlink';
import type { WorkerApi } from './worker/protocol';

/**
 * A worker and the requests to it. Requests that are unanswered when it breaks or is closed fail instead of waiting forever.
 */
export class WorkerLine {
  readonly api: Remote<WorkerApi>;
  readonly #worker: Worker;
  readonly #remote: Remote<WorkerApi>;
  readonly #unanswered = new Set<(error: Error) => void>();
  #end: Error | undefined;

  /** @param onBroken called with an uncaught error in the worker. */
  constructor(onBroken: (error: Error) => void) {
    this.#worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onerror = ({ message }) => {
      const error = new Error(
        `A background worker of this page ${message ? `has stopped: ${message}` : 'could not be loaded'}. Reset to start it again, or reload the page.`,
      );
      this.#refuse(error);
      onBroken(error);
    };
    this.#remote = wrap<WorkerApi>(this.#worker);
    this.api = this.watch(this.#remote);
  }

  /** An object in the worker whose answers may never arrive. */
  watch<T>(remote: Remote<T>): Remote<T> {
    const get = (target: object, name: string | symbol) => {
      const member = Reflect.get(target, name);
      if (typeof name === 'symbol' || name === 'then') return member;
      return (...args: unknown[]) => this.#answer(member(...args));
    };
    return new Proxy(remote as object, { get }) as Remote<T>;
  }

  close(): void {
    this.#remote[releaseProxy]();
    this.#worker.terminate();
    this.#refuse(new Error('This did not finish: the network has been replaced.'));
  }

  #answer<T>(answer: Promise<T>): Promise<T> {
    // Not a race with one promise that lives as long as the worker, because that would retain every answer.
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) reject(this.#end);
      this.#unanswered.add(reject);
      answer.then(resolve, reject).finally(() => this.#unanswered.delete(reject));
    });
  }

  #refuse(error: Error): void {
    this.#end = error;
    for (const reject of this.#unanswered) reject(error);
    this.#unanswered.clear();
  }
}

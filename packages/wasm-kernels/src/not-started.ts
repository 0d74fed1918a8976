import { engine } from '@tensorflow/tfjs-core';
import { compile, type SimdLevel } from './kernel-module';

/** What tfjs-core knows about starting its backends. Some of it is not in its types. */
interface Starts {
  readonly registryFactory: Readonly<Record<string, unknown>>;
  /** The backend that was requested last: undefined before any was, null once it has been removed. */
  readonly backendName?: string | null;
  /** A start in progress. */
  readonly pendingBackendInit?: Promise<boolean> | null;
  /** How many asynchronous starts have begun; wasm and webgpu start asynchronously. */
  readonly pendingBackendInitId?: number;
}

/** Why there is no wasm backend, and what to do: it was never started, is still starting, or failed to start. */
export async function whyNotStarted(level: SimdLevel): Promise<string> {
  const starts = engine() as unknown as Starts;
  if (starts.pendingBackendInit != null && !isOther(starts)) {
    return "tfjs's wasm backend is still starting: await tf.setBackend('wasm') or tf.ready() first.";
  }
  if (!hasFailed(starts)) {
    return "tfjs's wasm backend has not been started. Import @tensorflow/tfjs-backend-wasm and await tf.setBackend('wasm') first.";
  }
  const forbidden = await compile(level).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (forbidden !== undefined) {
    return `tfjs's wasm backend could not start, because this page is not allowed to compile WebAssembly (${forbidden}). Add 'wasm-unsafe-eval' to script-src in its Content-Security-Policy.`;
  }
  const asked = askedFor();
  return `tfjs's wasm backend could not start: its .wasm files were not found${asked === undefined ? '' : ` at ${asked}`}. A bundler does not copy them: call setWasmPaths of @tensorflow/tfjs-backend-wasm with their addresses before the first tf.setBackend or tf.ready, as the README of @harmonic-mlp/wasm-kernels shows; a program for Node leaves that package out of its bundle.`;
}

const isOther = ({ backendName }: Starts) => backendName != null && backendName !== 'wasm';

/** A backend that failed leaves only two traces: it was requested, or some asynchronous start has begun. */
function hasFailed(starts: Starts): boolean {
  const { registryFactory, backendName, pendingBackendInitId = 0 } = starts;
  if (!('wasm' in registryFactory) || backendName === null) return false;
  return backendName === 'wasm' || (pendingBackendInitId > 0 && !('webgpu' in registryFactory));
}

/** Where the .wasm files were requested from, if the browser reports it. */
function askedFor(): string | undefined {
  const requests = globalThis.performance?.getEntriesByType?.('resource') ?? [];
  return requests
    .map(({ name }) => name)
    .filter((name) => /tfjs-backend-wasm[\w-]*\.wasm/.test(name))
    .at(-1);
}

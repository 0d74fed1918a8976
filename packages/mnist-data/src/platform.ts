/** Node's modules, for environments in Node that hide globals, such as jsdom in a test runner. */
interface NodeModules {
  crypto: { webcrypto: Crypto };
  'stream/web': { DecompressionStream: typeof DecompressionStream };
}

/** A Node module, or undefined elsewhere; not an import, which a bundler for browsers would follow. */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return process?.getBuiltinModule?.(name) as NodeModules[Name] | undefined;
}

/** Throws the reason of an aborted signal, as `signal.throwIfAborted` does, which Safari has from 15.4 on. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw signal.reason ?? Object.assign(new Error('Loading was aborted.'), { name: 'AbortError' });
}

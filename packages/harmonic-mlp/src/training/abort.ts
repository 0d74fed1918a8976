/** Like `signal.throwIfAborted()`, which older browsers and jsdom lack. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw signal.reason ?? Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
}

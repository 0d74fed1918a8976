import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { enableProdMode, memory, ready, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';

// Keeps the cpu backend from advertising another package in the middle of the results.
enableProdMode();

/** The backends on which every suite runs. A kernel package or a GPU backend is one more row. */
export const backends = ['cpu', 'wasm'] as const;

/** Runs a suite once on each backend, and checks that it leaves no tensor behind. */
export function describeOnEachBackend(
  name: string,
  suite: (backend: (typeof backends)[number]) => void,
): void {
  describe.each(backends)(`${name} on %s`, (backend) => {
    let tensorsBefore = 0;
    beforeAll(async () => {
      await setBackend(backend);
      await ready();
      tensorsBefore = memory().numTensors;
    });
    afterAll(() => {
      expect(memory().numTensors, 'tensors left behind by the suite').toBe(tensorsBefore);
    });
    suite(backend);
  });
}

import { enableProdMode, ready, setBackend } from '@tensorflow/tfjs-core';

/** The backends of this trainer. */
export const backendNames = ['wasm', 'cpu'] as const;

/** Makes a backend the active one. */
export async function useBackend(name: (typeof backendNames)[number]): Promise<void> {
  // Keeps the cpu backend from advertising another package on standard error.
  enableProdMode();
  if (name === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  else await import('@tensorflow/tfjs-backend-cpu');
  if (!(await setBackend(name))) {
    throw new Error(
      `The ${name} backend of tfjs could not start on Node ${process.version}. Try --backend cpu.`,
    );
  }
  await ready();
}

import { cpus } from 'node:os';
import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import type { Backend } from './backend';

/** The processor of this machine, as it calls itself. */
export const processor = (): string => cpus()[0]?.model.trim() || `${process.arch} processor`;

/** tfjs in JavaScript alone. */
export async function startCpu(): Promise<Backend> {
  await setBackend('cpu');
  return {
    name: 'cpu',
    description: 'cpu backend',
    version: `tfjs-backend-cpu ${version_cpu}`,
    device: processor(),
    keepsData: false,
    close: async () => {},
  };
}

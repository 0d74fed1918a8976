import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import type { Backend } from './backend';
import { processor } from './processor';

/** tfjs in plain JavaScript. */
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

import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { bench } from './bench';
import { parseOptions } from './options';

const options = parseOptions(process.argv);
// A regular exit, so that child processes and temporary files are cleaned up.
process.once('SIGINT', () => process.exit(130));
try {
  await setBackend('wasm');
  await ready();
  await bench(options);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

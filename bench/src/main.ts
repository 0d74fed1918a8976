import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { bench } from './bench';
import { parseOptions } from './options';

const options = parseOptions(process.argv);
// An ordinary exit, so that what was started and saved for a while is cleared away.
process.once('SIGINT', () => process.exit(130));
try {
  await setBackend('wasm');
  await ready();
  await bench(options);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

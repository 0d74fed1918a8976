// Imports programs one after the other into one process, which is faster than one process each, and prints what they throw.
import { enableProdMode } from '@tensorflow/tfjs-core';

// Keeps the cpu backend from advertising another package on standard error.
enableProdMode();
const errors = {};
for (const program of process.argv.slice(2)) {
  try {
    await import(`./${program}`);
  } catch (error) {
    errors[program] = String(error?.stack ?? error);
  }
}
console.log(`\n${JSON.stringify(errors)}`);

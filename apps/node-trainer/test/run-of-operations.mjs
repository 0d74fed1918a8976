// A program of a user of the library, whose steps are not executed as a program: it trains, saves itself, and continues from
// what it has saved before.
//
// node run-of-operations.mjs FOLDER
import { existsSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-wasm';
import { registerWasmKernels } from '@harmonic-mlp/wasm-kernels';
import * as tf from '@tensorflow/tfjs-core';
import { checkpointing, HarmonicMLP } from 'harmonic-mlp';

const last = join(process.argv[2], 'last.safetensors');
await tf.setBackend('wasm');
await registerWasmKernels();

const inputs = Array.from({ length: 48 }, (_, i) => i / 23.5 - 1);
const targets = inputs.map((x) => Math.sin(9 * x));
const saved = existsSync(last) ? await readFile(last) : undefined;
const model = saved
  ? HarmonicMLP.fromBytes(saved)
  : new HarmonicMLP({ inputSize: 1, task: 'regression', outputs: 1, hidden: [8], seed: 4 });

async function save({ bytes }) {
  const temporary = `${last}.${process.pid}.tmp`;
  const file = await open(temporary, 'w');
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(temporary, last);
}

const result = await model.fit(
  { inputs, targets },
  {
    epochs: 16,
    batchSize: 12,
    learningRate: 0.01,
    validation: { inputs, targets },
    capture: false,
    callbacks: [checkpointing({ save, everySteps: 3 })],
    resume: saved,
  },
);
console.log(
  JSON.stringify({ captured: result.captured, stepsPerSecond: result.steps / result.stepSeconds || null }),
);

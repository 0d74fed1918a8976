import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { randomKey, randomUniform } from '@harmonic-mlp/core';
import { Command } from 'commander';
import { stockTfjs } from './stock-tfjs';
import { thisProject } from './this-project';

const { backend, batchSize, rounds, steps, json } = new Command('bench')
  .description(
    'Times training steps of the published model: this project and its peers, interleaved in one run.',
  )
  .option('--backend <name>', 'tfjs backend', 'wasm')
  .option('--batch-size <n>', 'examples in a step', Number, 128)
  .option('--rounds <n>', 'rounds, each of which runs every contender', Number, 15)
  .option('--steps <n>', 'steps of a contender in a round', Number, 10)
  .option('--json <file>', 'save the figures')
  .parse()
  .opts<{ backend: string; batchSize: number; rounds: number; steps: number; json?: string }>();

await tf.setBackend(backend);
await tf.ready();
const inputs = tf.tensor2d(randomUniform(randomKey(1), batchSize * 784), [batchSize, 784]);
const labels = tf.tensor1d(
  Int32Array.from({ length: batchSize }, (_, i) => i % 10),
  'int32',
);
const contenders = [thisProject(), stockTfjs()];

const median = (values: number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Milliseconds a step, one entry for each round. */
const times = new Map(contenders.map(({ name }) => [name, [] as number[]]));
for (let round = -1; round < rounds; round++) {
  for (const { name, step } of contenders) {
    const started = performance.now();
    let loss = 0;
    for (let i = 0; i < steps; i++) loss = await step(inputs, labels);
    if (!Number.isFinite(loss)) throw new Error(`${name}: the loss is ${loss}.`);
    // The first round warms up.
    if (round >= 0) times.get(name)!.push((performance.now() - started) / steps);
  }
}

const [ours] = times.values();
const rows = [...times].map(([name, values]) => ({
  name,
  median: median(values),
  fastest: Math.min(...values),
  slowest: Math.max(...values),
  // Round by round, so that the drift of a shared machine cancels.
  ratio: median(values.map((value, round) => value / ours[round])),
}));
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  node: process.version,
  tfjs: tf.version_core,
  backend,
};

console.log(
  `One training step of 784-512-256-10, batch ${batchSize}, ${backend}; ${machine.cpu}, Node ${machine.node}`,
);
console.log(`${rounds} interleaved rounds of ${steps} steps; milliseconds a step\n`);
console.log('               median   fastest   slowest   ratio');
for (const { name, median, fastest, slowest, ratio } of rows) {
  const cells = [median, fastest, slowest].map((value) => value.toFixed(1).padStart(8)).join('  ');
  console.log(`${name.padEnd(13)}${cells}  ${ratio.toFixed(2).padStart(6)}`);
}
if (json !== undefined) {
  writeFileSync(
    json,
    `${JSON.stringify({ machine, batchSize, rounds, steps, rows, times: Object.fromEntries(times) }, null, 2)}\n`,
  );
}

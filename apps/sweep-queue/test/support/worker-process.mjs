// A worker whose trials add up numbers: node worker-process.mjs <options as JSON>. Events are lines of JSON on standard output.
import { setTimeout as delay } from 'node:timers/promises';
import { work } from '../../dist/index.js';

const { url, name, timing, stepMs, concurrency, ignoresProgress = false } = JSON.parse(process.argv[2]);
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());

await work({
  url,
  name,
  timing,
  concurrency,
  signal: ending.signal,
  onNotice: (text) => say({ event: 'notice', text }),
  onJob: say,
  async run({ steps, seed, error, wrong }, { signal, checkpoint, saveCheckpoint, progress }) {
    // Like training: each step depends on the one before.
    let [step, value] =
      checkpoint === undefined ? [0, seed] : JSON.parse(new TextDecoder().decode(checkpoint));
    const from = step;
    for (; step < steps; step++) {
      await delay(stepMs, undefined, { signal });
      value = (value * 48_271 + step) % 2_147_483_647;
      if (error !== undefined && step === error.step) throw Object.assign(new Error(error.message), error);
      if (ignoresProgress) continue;
      await saveCheckpoint(new TextEncoder().encode(JSON.stringify([step + 1, value])));
      if ((await progress({ step, value })) === 'stop') break;
    }
    return { exact: { value: wrong === name ? -1 : value }, from, steps: step, worker: name };
  },
});

// Trains the networks with tfjs on one backend, in a process of its own: takes orders, one JSON object per line, and answers each
// with one.
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { createInterface } from 'node:readline';
import { registerWasmKernels } from '@harmonic-mlp/wasm-kernels/stock';
import { dispose, enableProdMode, setBackend, slice, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { examplesFor } from './examples';
import { modelOf } from './model';
import type { FitNetwork } from './networks';

/** The examples that an epoch has at most. */
const examples = 2048;

let network: FitNetwork;
let model: Sequential | undefined;
let data: Tensor[] = [];

const orders: Record<string, (order: never) => Promise<object>> = {
  /** A new model, and what it learns in its first steps. */
  async create(order: { network: FitNetwork }) {
    model?.optimizer.dispose();
    model?.dispose();
    dispose(data);
    ({ network } = order);
    const { inputs, targets } = examplesFor(network, examples);
    model = modelOf(network);
    data = [tensor(inputs, [examples, ...network.inputShape]), tensor(targets, [examples, network.outputs])];
    try {
      const { loss, milliseconds } = await fit(2, false);
      const trained = model.trainableWeights.reduce((sum, { shape }) => sum + product(shape), 0);
      return { loss, milliseconds, parameters: trained };
    } catch (error) {
      const [missing] = /Kernel '\w+' not registered/.exec((error as Error).message) ?? [];
      if (missing === undefined) throw error;
      return { cannot: missing };
    }
  },
  train: ({ steps }: { steps: number }) => fit(steps, true),
};

const product = (shape: readonly (number | null)[]) =>
  shape.reduce<number>((size, length) => size * (length ?? 1), 1);

/** Whole epochs, of fewer examples if so few steps are asked for. */
async function fit(steps: number, shuffle: boolean) {
  const { batchSize } = network;
  const rows = Math.min(examples, steps * batchSize);
  const epochs = Math.ceil((steps * batchSize) / rows);
  const [inputs, targets] = tidy(() => data.map((each) => slice(each, 0, rows)));
  try {
    const started = performance.now();
    const { history } = await model!.fit(inputs, targets, { epochs, batchSize, shuffle, verbose: 0 });
    const milliseconds = (performance.now() - started) / ((epochs * rows) / batchSize);
    return { milliseconds, loss: Number(history.loss.at(-1)) };
  } finally {
    dispose([inputs, targets]);
  }
}

const answer = (values: object) => process.stdout.write(`${JSON.stringify(values)}\n`);

async function answerWith(work: () => Promise<object>): Promise<void> {
  try {
    answer(await work());
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
  }
}

/** Follows orders until there are no more. */
async function serve(hello: object): Promise<void> {
  for await (const line of createInterface(process.stdin)) {
    const { order, ...rest } = JSON.parse(line);
    await answerWith(async () => (order === 'hello' ? hello : orders[order](rest as never)));
  }
}

enableProdMode();
const [, , contender] = process.argv;
if (contender === 'tfjs-node') {
  const { withBackend, withSpaces } = await import('@harmonic-mlp/node-trainer');
  try {
    await withBackend({ backend: 'tensorflow', kernels: false }, ({ version }) => serve({ version }));
  } catch (error) {
    await serve({ missing: withSpaces((error as Error).message) });
  }
} else {
  await setBackend(contender === 'cpu' ? 'cpu' : 'wasm');
  if (contender === 'with kernels') await registerWasmKernels();
  await serve({});
}

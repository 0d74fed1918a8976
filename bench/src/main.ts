import { writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { type Agreement, checkAgreement } from './agreement';
import { type Comparison, showComparison } from './comparison';
import { gatherField } from './contenders';
import { loadExamples, someBatches, someImages } from './examples';
import { inspectKernels } from './kernels';
import { machine, processorsTaken } from './machine';
import { parseOptions } from './options';
import { timeEpoch } from './parts/epoch';
import { showKernels, timeKernels } from './parts/kernels';
import { timeLayersFit } from './parts/layers-fit';
import { timePrediction } from './parts/predict';
import { timeSteps } from './parts/step';
import { Progress } from './progress';
import { publishedStart } from './published-model';

const options = parseOptions(process.argv);
const { rounds, steps } = options;
await tf.setBackend('wasm');
await tf.ready();

const progress = new Progress();
const onTurn = (where: string) => progress.update(where);
const begin = (part: string) => {
  progress.start(part);
  return onTurn;
};
const say = (text: string) => {
  progress.end();
  console.log(`${text}\n`);
};

begin('getting ready');
const { train, test } = await loadExamples();
const { contenders, versions, missing } = await gatherField(train, options);
const kernels = await inspectKernels();
const here = machine();
const taken = { before: await processorsTaken(), after: 0 };
const start = await publishedStart();
const comparisons: Comparison[] = [];
let agreement: Agreement[] = [];
let alone: Awaited<ReturnType<typeof timeKernels>> | undefined;

const report = (comparison: Comparison) => {
  comparisons.push(comparison);
  say(showComparison(comparison));
};

try {
  const peers = Object.entries(versions).map((peer) => peer.join(' '));
  say(
    [
      `${here.cpu}, ${here.cores} processors, ${here.memoryGiB} GiB, ${here.platform}`,
      [`Node ${here.node}`, `tfjs ${here.tfjs} (wasm)`, ...peers].join(', '),
      kernels.simd === undefined
        ? 'No kernel is active.'
        : `${kernels.active.length} kernels with ${kernels.simd} SIMD`,
      ...kernels.inactive.map(({ kernel, reason }) => `${kernel} is not active: ${reason}`),
      ...missing,
      ...(taken.before > 0.2
        ? [
            `Other programs keep ${taken.before.toFixed(1)} processors busy: PyTorch on all threads suffers most.`,
          ]
        : []),
    ].join('\n'),
  );

  const trains = options.only.some((part) => part === 'step' || part === 'epoch' || part === 'predict');
  if (trains) {
    const batches = someBatches(train, 32);
    const images = someImages(test, 100);
    agreement = await checkAgreement(
      contenders,
      { start, batches, images },
      begin('whether all compute the same'),
    );
  }
  if (options.only.includes('step')) {
    for (const size of options.batchSize) {
      const turns = begin(`training steps, batch ${size}`);
      report(await timeSteps(contenders, start, someBatches(train, size), { rounds, steps }, turns));
    }
  }
  if (options.only.includes('epoch')) {
    report(await timeEpoch(contenders, start, someBatches(train, 128), begin('an epoch')));
  }
  if (options.only.includes('predict')) {
    for (const count of [1, test.size]) {
      const turns = begin(`prediction of ${count}`);
      report(await timePrediction(contenders, start, someImages(test, count), rounds, turns));
    }
  }
  if (options.only.includes('layers')) {
    const turns = begin("tfjs-layers' fit");
    report(await timeLayersFit(someBatches(train, 128), Math.max(3, Math.ceil(rounds / 3)), turns));
  }
  if (options.only.includes('kernels')) {
    alone = await timeKernels(someBatches(train, 128)[0], rounds, begin('each kernel alone'));
    say(showKernels(alone));
  }
  if (options.json !== undefined) {
    const { json: _, ...settings } = options;
    taken.after = await processorsTaken();
    const everything = {
      machine: here,
      taken,
      versions,
      missing,
      settings,
      kernels,
      agreement,
      comparisons,
      alone,
    };
    writeFileSync(options.json, `${JSON.stringify(everything, null, 2)}\n`);
  }
} finally {
  progress.end();
  await Promise.all(contenders.map((contender) => contender.close?.()));
}

import { writeFileSync } from 'node:fs';
import { type Agreement, checkAgreement } from './agreement';
import { type Comparison, showComparison } from './comparison';
import { findPyTorch, gatherField, thisProject } from './contenders';
import { loadExamples, someBatches, someImages, withoutBackground } from './examples';
import { showHeader } from './header';
import { inspectKernels } from './kernels';
import { machine, processorsTaken } from './machine';
import type { Options } from './options';
import { type Anatomy, dissectStep, showAnatomy } from './parts/anatomy';
import { timeBackends } from './parts/backends';
import { missingBrowser, type Responsiveness, showResponsiveness, timeBrowser } from './parts/browser';
import { timeEpoch } from './parts/epoch';
import { type GpuFigures, measureGpu, showGpu } from './parts/gpu';
import { type KernelFigures, showKernels, timeKernels } from './parts/kernels';
import { timeLayersFit } from './parts/layers-fit';
import { type Outside, showOutside, timeOutside } from './parts/outside';
import { outsideCases } from './parts/outside-cases';
import { timePrediction } from './parts/predict';
import { type StepFigures, showSteps, stepsAt, timeSteps } from './parts/step';
import { type FitFigures, markdownFit, showFit, timeFit } from './parts/stock';
import { markdownTarget, showTarget, type TargetFigures, timeTarget } from './parts/target';
import { openProducts } from './peak/products';
import { Progress } from './progress';
import { published } from './published-model';
import { writeReadme } from './readme';
import { smallCases } from './small-networks';
import { startOf } from './start';

/** Everything that was measured: what `--json` saves. */
interface Figures {
  machine: ReturnType<typeof machine>;
  /** The number of processors kept busy by other programs. */
  taken: { before: number; after: number };
  versions: Record<string, string>;
  kernels: Awaited<ReturnType<typeof inspectKernels>>;
  settings: Omit<Options, 'json' | 'readme'>;
  agreement: Agreement[];
  comparisons: Comparison[];
  /** What two independent products gain from two threads, in the rounds of the comparison with this title. */
  productGains: { title: string; gain: StepFigures['productGain'] }[];
  outside?: Outside[];
  anatomy?: Anatomy;
  target?: TargetFigures;
  fit?: FitFigures;
  alone?: KernelFigures;
  responsiveness?: Responsiveness;
  gpu?: GpuFigures;
}

/** Runs the benchmarks that the options select, and prints each part when it is done. */
export async function bench({ json, readme, ...settings }: Options): Promise<void> {
  const { only, peers, batchSize, backend, rounds, steps, python } = settings;
  // For parts in which a turn takes seconds.
  const fewer = Math.min(rounds, Math.max(3, Math.ceil(rounds / 3)));
  const progress = new Progress();
  const begin = (part: string) => {
    progress.start(part);
    return (where: string) => progress.update(where);
  };
  const say = (text: string) => {
    progress.end();
    console.log(`${text}\n`);
  };

  begin('getting ready');
  const { train, test } = await loadExamples();
  const trainsPublished = only.some((part) => part === 'step' || part === 'epoch' || part === 'predict');
  const competes = trainsPublished || only.includes('small');
  const { contenders, versions, missing } = await gatherField(train, {
    peers: competes ? peers : [],
    python,
  });
  const busy = await processorsTaken();
  const figures: Figures = {
    machine: machine(),
    taken: { before: busy, after: busy },
    versions,
    kernels: await inspectKernels(),
    settings,
    agreement: [],
    comparisons: [],
    productGains: [],
  };
  const remarks = [...missing];
  if (busy > 0.2) {
    remarks.push(`Other programs keep ${busy.toFixed(1)} processors busy, which distorts figures.`);
  }
  const pyTorchIfAsked = () =>
    peers.includes('pytorch') ? findPyTorch(python) : { reason: 'it is not among --peers.' };
  const report = (comparison: Comparison) => {
    figures.comparisons.push(comparison);
    say(showComparison(comparison));
  };
  const reportSteps = (found: StepFigures) => {
    figures.comparisons.push(found.comparison);
    figures.productGains.push({ title: found.comparison.title, gain: found.productGain });
    say(showSteps(found));
  };
  const products =
    figures.machine.cores > 1 && (only.includes('step') || only.includes('small'))
      ? await openProducts()
      : undefined;

  try {
    say(showHeader(figures.machine, versions, figures.kernels, remarks));
    const start = await startOf(published);
    if (trainsPublished) {
      const examples = { start, batches: someBatches(train, 32), inputs: someImages(test, 100) };
      figures.agreement.push(
        ...(await checkAgreement(contenders, examples, begin('whether all compute the same'))),
      );
    }
    for (const size of only.includes('step') ? batchSize : []) {
      const turns = begin(`training steps, batch ${size}`);
      const batches = someBatches(train, size);
      const title = 'A training step on MNIST';
      const what = { title, start, batches, rounds, steps: stepsAt(size, steps) };
      reportSteps(await timeSteps(contenders, what, products, turns));
      const noisy = {
        ...what,
        title: 'A training step on noisy MNIST, no background',
        batches: withoutBackground(batches),
      };
      const others = contenders.filter(({ isSlow }) => !isSlow);
      reportSteps(await timeSteps(others, noisy, products, turns));
    }
    for (const { network, batches, repeats } of only.includes('small') ? smallCases() : []) {
      const start = await startOf(network);
      const turns = begin(`small networks, ${network.name}`);
      const examples = { start, batches, inputs: batches[0].inputs };
      figures.agreement.push(...(await checkAgreement(contenders, examples, turns)));
      const title = `A step of ${network.name}`;
      const what = { title, start, batches, rounds, steps: Math.ceil(repeats * steps) };
      reportSteps(await timeSteps(contenders, what, products, turns));
    }
    if (only.includes('outside')) {
      figures.outside = await timeOutside(outsideCases(train), fewer, begin('what is around a step'));
      say(showOutside(figures.outside));
    }
    if (only.includes('anatomy')) {
      const turns = begin('what a step is made of');
      const ours = thisProject(train);
      figures.anatomy = await dissectStep(ours, start, someBatches(train, 128), { rounds, steps }, turns);
      say(showAnatomy(figures.anatomy));
    }
    if (only.includes('epoch')) {
      report(await timeEpoch(contenders, start, someBatches(train, 128), begin('an epoch')));
    }
    if (only.includes('target')) {
      figures.target = await timeTarget(fewer, begin('98% on MNIST'));
      say(showTarget(figures.target));
      if (readme) writeReadme('project', 'target', markdownTarget(figures.target, figures.machine));
    }
    for (const count of only.includes('predict') ? [1, test.size] : []) {
      const turns = begin(`prediction of ${count}`);
      const images = someImages(test, count);
      report(await timePrediction(contenders, start, images, count === 1 ? rounds : fewer, turns));
    }
    if (only.includes('layers')) {
      const turns = begin("tfjs-layers' fit");
      report(await timeLayersFit(someBatches(train, 128), fewer, turns));
    }
    if (only.includes('stock')) {
      const pyTorch = pyTorchIfAsked();
      const peer = 'python' in pyTorch ? pyTorch.python : undefined;
      const turns = begin("tfjs-layers' fit of many networks");
      figures.fit = await timeFit({ python: peer, rounds, steps }, turns);
      if ('reason' in pyTorch) figures.fit.missing.push(`PyTorch is left out: ${pyTorch.reason}`);
      say(showFit(figures.fit));
      if (readme) writeReadme('kernels', 'model-fit', markdownFit(figures.fit));
    }
    if (only.includes('kernels')) {
      const [batch] = someBatches(train, 128);
      figures.alone = await timeKernels(batch, rounds, begin('each kernel alone'));
      say(showKernels(figures.alone));
    }
    if (only.includes('browser')) {
      const reason = missingBrowser();
      if (reason === undefined) {
        const { comparison, responsiveness } = await timeBrowser(fewer, begin('the browser'));
        report(comparison);
        figures.responsiveness = responsiveness;
        say(showResponsiveness(responsiveness));
      } else say(`The browser is not measured: ${reason}`);
    }
    if (only.includes('backends')) {
      const { comparisons, missing, busy } = await timeBackends(backend, fewer, begin('the backends'));
      comparisons.forEach(report);
      say([...busy, ...missing].join('\n'));
    }
    if (only.includes('gpu')) {
      const measuresSoftware = backend?.includes('webgpu') ?? false;
      const turns = begin('the graphics card');
      figures.gpu = await measureGpu({ measuresSoftware, pyTorch: pyTorchIfAsked() }, turns);
      say(showGpu(figures.gpu));
    }
    figures.taken.after = await processorsTaken();
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);
  } finally {
    progress.end();
    await Promise.all([products?.close(), ...contenders.map((contender) => contender.close?.())]);
  }
}

import { availableParallelism } from 'node:os';
import { datasets } from '@harmonic-mlp/mnist-data/datasets';
import { inspectDataset } from '@harmonic-mlp/mnist-data/node';
import { supportsSimd } from '@harmonic-mlp/wasm-kernels';
import { version_core } from '@tensorflow/tfjs-core';
import { type Command, Option } from 'commander';
import { resolveConfig } from 'harmonic-mlp';
import { backendNames } from '../backends';
import { Choices } from '../backends/choices';
import { milliseconds, ranked } from '../backends/choose';
import { processor } from '../backends/cpu';
import { type Finding, tryBackend } from '../backends/survey';
import { Interrupted } from '../exit-code';
import { abortOnInterrupt } from '../interruption';
import { integer, list } from '../options';
import { output, printJson } from '../output';
import { wrapped } from '../wrapped';

interface BackendsOptions {
  hidden: number[];
  batchSize: number;
  json?: boolean;
}

/** Seconds that a backend may take to start, and then for its first steps. */
const patience = 60;

/** As much of MNIST as is background. */
const background = 0.81;

export function addBackendsCommand(program: Command): void {
  program
    .command('backends')
    .description(
      'Show what could compute on this machine, and how fast each would train. What train has measured before is forgotten.',
    )
    .option('--batch-size <n>', 'examples in a step', integer('--batch-size', { min: 2 }), 128)
    .addOption(
      new Option('--hidden <sizes>', 'units of each hidden layer of the model that is timed')
        .argParser(list(integer('--hidden', { min: 1 })))
        .default([512, 256], '512,256'),
    )
    .option('--json', 'print one JSON object on standard output, and nothing else')
    .action(showBackends);
}

interface MachineReport {
  node: string;
  platform: string;
  processor: string;
  threads: number;
  tfjs: string;
  simd: boolean;
  relaxedSimd: boolean;
}

const machine = (): MachineReport => ({
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  processor: processor(),
  threads: availableParallelism(),
  tfjs: version_core,
  simd: supportsSimd('fixed'),
  relaxedSimd: supportsSimd('relaxed'),
});

async function showBackends({ hidden, batchSize, json }: BackendsOptions): Promise<void> {
  const about = machine();
  const workload = { model: resolveConfig({ hidden }), batchSize, background };
  if (!json) {
    const { node, platform, processor, threads, tfjs, simd, relaxedSimd } = about;
    row('Node', `${node}, ${platform}, tfjs ${tfjs}`);
    row('Processor', `${processor}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`);
    row('SIMD', simd ? 'yes' : "no: this project's kernels need it");
    row('Relaxed SIMD', relaxedSimd ? 'yes' : 'no: Node 22 and later have it');
    output.print();
  }

  const findings: Finding[] = [];
  const { signal, release } = abortOnInterrupt(() => {});
  try {
    for (const backend of backendNames) {
      const finding = await tryBackend(
        { backend, kernels: true, workload, measureSoftware: true },
        patience,
        signal,
      );
      findings.push(finding);
      if (!json) showFinding(finding, batchSize);
    }
  } catch (error) {
    if (signal.aborted) throw new Interrupted('Interrupted.');
    throw error;
  } finally {
    release();
  }
  // What was chosen before may not be the fastest any more.
  await new Choices().clear();

  const sets = await foundDatasets();
  const best = ranked(findings)[0];
  if (json) {
    printJson({
      ...about,
      backends: findings.map(({ backend, started, ...rest }) => ({
        backend,
        present: started !== undefined,
        ...started,
        ...rest,
      })),
      workload: { hidden, batchSize },
      datasets: sets,
      recommendation: best?.backend ?? null,
    });
    return;
  }
  row('Data sets', sets.map(({ name, source }) => `${name} (${source})`).join(', ') || 'none');
  const sizes = [784, ...hidden, 10].join('-');
  row(
    'Fastest',
    best === undefined
      ? 'none: no backend could train here'
      : `${output.colors.bold(best.backend)} for ${sizes} in batches of ${batchSize}; train takes the fastest for its own`,
  );
}

function showFinding({ backend, started, stepSeconds, reason, remedy }: Finding, batchSize: number): void {
  if (started === undefined) {
    row(backend, [reason, remedy].filter(Boolean).join(' '));
    return;
  }
  const { description, version, device, adapter } = started;
  row(backend, description);
  row('', `${version}; ${device}${adapter === undefined ? '' : `, ${adapter}`}`);
  if (stepSeconds === undefined) {
    row('', reason ?? 'It was not measured.');
    return;
  }
  const rate = Math.round(batchSize / stepSeconds).toLocaleString('en');
  row('', `${milliseconds(stepSeconds)} a step, ${rate} images/s`);
}

/** A label, and a text that is wrapped beside it, or on narrow terminals below it. */
function row(label: string, text: string): void {
  const { width } = output;
  const isNarrow = width < 44;
  const head = isNarrow ? `${label}${label && '\n'}  ` : label.padEnd(14);
  output.print(wrapped(`${head}${text}`, width, isNarrow || label === '' ? 0 : 14));
}

/** The known data sets that are on this machine. */
async function foundDatasets(): Promise<{ name: string; source: string; folder?: string }[]> {
  const found = [];
  for (const dataset of datasets) {
    const { source, folder } = await inspectDataset(dataset, { resolveFrom: import.meta.url });
    if (source !== 'none') found.push({ name: dataset.name, source, folder });
  }
  return found;
}

import { availableParallelism } from 'node:os';
import { datasets } from '@harmonic-mlp/mnist-data/datasets';
import { inspectDataset } from '@harmonic-mlp/mnist-data/node';
import { supportsSimd } from '@harmonic-mlp/wasm-kernels';
import { version_core } from '@tensorflow/tfjs-core';
import type { Command } from 'commander';
import { resolveConfig } from 'harmonic-mlp';
import {
  backendNames,
  Choices,
  counted,
  type Finding,
  milliseconds,
  processor,
  ranked,
  tryBackend,
} from '../backends';
import { TrainerError } from '../errors';
import { abortOnInterrupt } from '../interruption';
import { jsonHelp, settingOption } from '../options';
import { output, printJson } from '../output';
import { settingOf } from '../run-settings';
import { printLabelled } from '../table';

interface BackendsOptions {
  hidden: number[];
  batchSize: number;
  json?: boolean;
}

/** Seconds that a backend may take to start, and again for its first steps. */
const patience = 60;

/** The background's share of MNIST's pixels. */
const background = 0.81;

export function addBackendsCommand(program: Command): void {
  program
    .command('backends')
    .description(
      'Measure how fast each backend trains on this machine, and forget what train has measured before.',
    )
    .addOption(settingOption(settingOf('batchSize')))
    .addOption(settingOption(settingOf('hidden')))
    .option('--json', jsonHelp)
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
    printLabelled('Node', `${node}, ${platform}, tfjs ${tfjs}`);
    printLabelled('Processor', `${processor}, ${counted(threads)}`);
    printLabelled('SIMD', simd ? 'yes' : "no: this project's kernels need it");
    printLabelled('Relaxed SIMD', relaxedSimd ? 'yes' : 'no: Node 22 and later have it');
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
    if (signal.aborted) throw new TrainerError('INTERRUPTED', 'Interrupted.');
    throw error;
  } finally {
    release();
  }
  // Earlier choices may no longer be the fastest.
  await new Choices().clear();

  const sets = await foundDatasets();
  const best = ranked(findings)[0];
  if (json) {
    printJson({
      ...about,
      backends: findings.map(({ backend, started, ending: _, ...rest }) => ({
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
  printLabelled('Data sets', sets.map(({ name, source }) => `${name} (${source})`).join(', ') || 'none');
  const sizes = [784, ...hidden, 10].join('-');
  printLabelled(
    'Fastest',
    best === undefined
      ? 'none: no backend can train here'
      : `${output.colors.bold(best.backend)} for ${sizes} in batches of ${batchSize}; train measures its own network`,
  );
}

function showFinding(
  { backend, started, stepSeconds, captured, threads = 1, calls, reason, remedy }: Finding,
  batchSize: number,
): void {
  if (started === undefined) {
    printLabelled(backend, [reason, remedy].filter(Boolean).join(' '));
    return;
  }
  const { description, version, device, adapter } = started;
  const how = captured ? ` as a program${threads > 1 ? ` on ${counted(threads)}` : ''}` : '';
  printLabelled(backend, description);
  printLabelled('', `${version}; ${device}${adapter === undefined ? '' : `, ${adapter}`}`);
  if (stepSeconds === undefined) {
    printLabelled('', reason ?? 'It was not measured.');
    return;
  }
  const rate = Math.round(batchSize / stepSeconds).toLocaleString('en');
  printLabelled('', `${milliseconds(stepSeconds)} a step${how}, ${rate} images/s`);
  if (calls === undefined) return;
  const { dispatches, uploads, submissions } = calls;
  const [a, b, c] = [dispatches, uploads, submissions].map((each) => Number(each.toPrecision(2)));
  printLabelled('', `a step is ${a} dispatches, ${b} uploads, and ${c} submissions`);
}

/** The known data sets on this machine. */
async function foundDatasets(): Promise<{ name: string; source: string; folder?: string }[]> {
  const found = [];
  for (const dataset of datasets) {
    const { source, folder } = await inspectDataset(dataset, { resolveFrom: import.meta.url });
    if (source !== 'none') found.push({ name: dataset.name, source, folder });
  }
  return found;
}

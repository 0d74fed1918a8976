import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { HarmonicMLP, readCheckpoint } from 'harmonic-mlp';
import { expect, it, vi } from 'vitest';
import { readModelFile } from '../src/run-folder';
import { RunRecorder } from '../src/run-recorder';
import { scoringOf } from '../src/scoring';

it.each(['interrupted', 'finished'])(
  'a run whose folder was removed after its last checkpoint is saved when it is %s',
  async (end) => {
    await setBackend('cpu');
    vi.spyOn(console, 'error').mockImplementation(() => {});
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const folder = await mkdtemp(join(tmpdir(), 'harmonic recorder '));
    const model = new HarmonicMLP({ inputSize: 1, classes: 2, hidden: [2] });
    const recorder = new RunRecorder({
      out: folder,
      scoring: scoringOf('classification'),
      metadata: { own: 'text' },
      checkpoints: { keep: 1 },
      config: () => ({}),
      warn: () => {},
    });
    const aborting = new AbortController();
    const remove = {
      name: 'remove',
      async onEpoch({ epoch }: { epoch: number }) {
        if (epoch < 2) return;
        await rm(folder, { recursive: true });
        if (end === 'interrupted') aborting.abort();
      },
    };
    const data = { inputs: [[0], [1], [2], [3]], targets: [0, 1, 0, 1] };
    await model.fit(data, {
      epochs: end === 'interrupted' ? 3 : 2,
      callbacks: [recorder, remove],
      signal: aborting.signal,
    });
    recorder.close();
    model.dispose();
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['config.json', 'last.safetensors', 'metrics.jsonl']),
    );
    const { bytes } = await readModelFile(join(folder, 'last.safetensors'));
    const { position, metadata } = readCheckpoint(bytes);
    expect({ position, own: metadata.own }).toMatchObject({ position: { epoch: 3, step: 0 }, own: 'text' });
    await rm(folder, { recursive: true });
  },
);

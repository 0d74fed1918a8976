import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import { decompress, verifyChecksum } from '@harmonic-mlp/mnist-data';
import { loadDataset } from '@harmonic-mlp/mnist-data/node';
import { scheduleOption } from 'harmonic-mlp/settings';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nameOption } from './name-option';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'option names '));
  // A folder in the place of a file.
  await mkdir(join(folder, 'kmnist', 'train-images-idx3-ubyte.gz'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

const missing = () => join(folder, 'missing');

it.each<[string, () => unknown, string]>([
  ['a parameter', () => requireNumber('batchSize', 0, { min: 1 }), '--batch-size is 0; it must be'],
  ['a part of one', () => requireNumber('hidden[1]', 0, { min: 1 }), '--hidden[1] is 0; it must be'],
  [
    'a setting of a schedule',
    () => scheduleOption({ schedule: 'step', scheduleEvery: 1.5 }),
    '--schedule-every is 1.5; it must be a fraction of the run less than 1, or a whole number of steps.',
  ],
  ['a flag', () => verifyChecksum('a', new Uint8Array(), 'b'), 'or load it with --no-verify if it'],
  ['a folder', () => loadDataset('mnist', { directory: missing() }), 'Correct --data-dir, or leave it out'],
  [
    'a command',
    () => loadDataset('kmnist', { cache: missing(), offline: true }),
    'Load it once without --offline, fetch it with data fetch, or pass a folder with the files as --data-dir.',
  ],
  [
    'an environment variable',
    () => loadDataset('kmnist', { cache: folder }),
    'Set HARMONIC_MLP_DATA to another folder.',
  ],
])('errors call %s as the command line does', async (_, act, text) => {
  const error = await (async () => act())().catch((error) => error);
  expect(HarmonicError.is(error) && error.describe(nameOption)).toContain(text);
});

it('advice by a parameter that the command line lacks is left out', async () => {
  const error = await decompress(new Uint8Array(9), 'digits', 8).catch((error) => error);
  expect(error.fix).toBe('Raise maxBytes if you trust the file.');
  expect(error.describe(nameOption)).toBe('digits: The file has more than 8 uncompressed bytes.');
});

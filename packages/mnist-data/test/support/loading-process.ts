import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { DatasetDescription } from '../../src/description';
import type { LoadDatasetOptions } from '../../src/node';

const source = fileURLToPath(new URL('../../src/node.ts', import.meta.url));
const core = fileURLToPath(new URL('../../../core/src/index.ts', import.meta.url));

/** Writes a program that loads a data set, bundled from the sources, and returns its path. */
export async function writeLoadingProgram(path: string): Promise<string> {
  await build({
    stdin: {
      contents: `
        import { loadDataset } from ${JSON.stringify(source)};
        const [description, options] = JSON.parse(process.argv[2]);
        const onEvent = (event) => event.type !== 'progress' && console.log(JSON.stringify(event));
        const { train } = await loadDataset(description, { ...options, onEvent });
        console.log(JSON.stringify({ size: train.size, sum: train.inputs.reduce((a, b) => a + b, 0) }));
      `,
      resolveDir: fileURLToPath(new URL('../..', import.meta.url)),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    alias: { '@harmonic-mlp/core': core },
    // For CommonJS dependencies that require a Node module.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    outfile: path,
    logLevel: 'error',
  });
  return path;
}

/** Runs that program. */
export function startLoading(
  program: string,
  description: DatasetDescription | string,
  options: Omit<LoadDatasetOptions, 'signal' | 'onEvent'>,
  { cwd, env }: { cwd?: string; env?: Record<string, string> } = {},
): { process: ChildProcess; result: Promise<{ code: number | null; lines: unknown[]; errors: string }> } {
  const child = spawn(process.execPath, [program, JSON.stringify([description, options])], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const result = new Promise<{ code: number | null; lines: unknown[]; errors: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const lines = output.split('\n').filter(Boolean);
      resolve({ code, lines: lines.map((line) => JSON.parse(line)), errors });
    });
  });
  return { process: child, result };
}

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const { TENSORBOARD_PYTHON, REQUIRE_TENSORBOARD } = process.env;
const python = TENSORBOARD_PYTHON || 'python3';
const script = fileURLToPath(new URL('./tensorboard-reader.py', import.meta.url));

function run(args: string[]): { stdout: string } | { failure: string } {
  const { error, status, stdout, stderr } = spawnSync(python, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: { ...process.env, PYTHONUTF8: '1' },
  });
  if (error !== undefined) return { failure: `${python} cannot be started: ${error.message}` };
  return status === 0 ? { stdout } : { failure: stderr.trim() };
}

/**
 * Why the tests that read with TensorBoard are skipped, or undefined if it is there. `TENSORBOARD_PYTHON` is the Python that has
 * it; default: `python3`. With REQUIRE_TENSORBOARD set, as in CI, they fail instead.
 */
export function missingTensorBoard(): string | undefined {
  const tried = run(['-c', 'import tensorboard']);
  if ('stdout' in tried) return undefined;
  const missing = `TensorBoard is missing (${tried.failure.split('\n').at(-1)}); install it with: pip install tensorboard, and set TENSORBOARD_PYTHON to its Python.`;
  if (REQUIRE_TENSORBOARD || TENSORBOARD_PYTHON) throw new Error(missing);
  return missing;
}

/** What TensorBoard's readers find in a folder. */
export interface Found {
  /** What `EventAccumulator`, which programs use, has for each tag: pairs of a step and a value. */
  scalars: Record<string, [step: number, value: number][]>;
  histograms: Record<
    string,
    {
      step: number;
      min: number;
      max: number;
      num: number;
      sum: number;
      sum_squares: number;
      bucket_limit: number[];
      bucket: number[];
    }[]
  >;
  images: Record<string, { step: number; width: number; height: number; size: number }[]>;
  texts: Record<string, [step: number, text: string][]>;
  /** What TensorBoard's page has: the plugins of each tag, and the shapes of its tensors. */
  plugins: Record<string, { plugin: string; shapes: number[][] }>;
}

/** Reads the event files of a folder with TensorBoard's own readers. */
export function readWithTensorBoard(folder: string): Found {
  const read = run([script, folder]);
  if ('failure' in read) throw new Error(read.failure);
  return JSON.parse(read.stdout);
}

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { vi } from 'vitest';
import { collectSuites, type Outcomes, runSuites } from './jasmine';

const require = createRequire(import.meta.url);
const core = dirname(require.resolve('@tensorflow/tfjs-core/package.json'));
const wasm = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
const source = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The exports of the bundle of specs. */
interface Bundle {
  /** Loads a file's specs, which register themselves. */
  readonly load: Record<string, () => void>;
  readonly registerWasmKernels: () => Promise<unknown>;
  readonly unregisterWasmKernels: () => void;
}

/** The outcomes of each file's specs. */
export type SpecResults = Map<string, { stock: Outcomes; kernels: Outcomes }>;

/**
 * Runs specs that ship with @tensorflow/tfjs-core on the wasm backend, both unmodified and with the kernels registered. They
 * are modules for bundlers, so one bundle contains them, tfjs, and the kernels.
 *
 * @param files paths in `dist`, without extensions
 */
export async function runTfjsSpecs(files: readonly string[]): Promise<SpecResults> {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-specs-'));
  try {
    const path = join(folder, 'specs.cjs');
    await build({
      stdin: { contents: entry(files), resolveDir: source('.') },
      outfile: path,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      // The builds for bundlers: the one for Node is ES5 and cannot extend the classes of the others.
      mainFields: ['module', 'main'],
      alias: {
        '@harmonic-mlp/core/program': source('../core/src/program/index.ts'),
        '@harmonic-mlp/core': source('../core/src/index.ts'),
      },
      external: ['node-fetch'],
      plugins: [withoutJasmine],
      logLevel: 'error',
    });
    const removeListeners = listenersFromHereOn();
    // The backend reports every kernel that fails.
    const muted = (['log', 'warn', 'error'] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation(() => {}),
    );
    const { load, registerWasmKernels, unregisterWasmKernels } = require(path) as Bundle;
    const results: SpecResults = new Map();
    for (const file of files) {
      const suites = collectSuites(load[file]);
      const stock = await runSuites(suites, (run) => run());
      // Each outermost suite starts its own wasm backend.
      const kernels = await runSuites(suites, async (run) => {
        await registerWasmKernels();
        await run();
        unregisterWasmKernels();
      });
      removeListeners();
      results.set(file, { stock, kernels });
    }
    for (const spy of muted) spy.mockRestore();
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each start of the wasm backend listens for uncaught errors of the process, which would keep its memory alive. */
function listenersFromHereOn(): () => void {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const earlier = new Set(events.flatMap((event) => process.listeners(event as never)));
  return () => {
    for (const event of events) {
      for (const listener of process.listeners(event as never)) {
        if (!earlier.has(listener)) process.off(event, listener as never);
      }
    }
  };
}

const entry = (files: readonly string[]) => `
  import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
  import ${JSON.stringify(join(core, 'dist/public/chained_ops/register_all_chained_ops.js'))};
  import ${JSON.stringify(join(core, 'dist/register_all_gradients.js'))};
  import { setTestEnvs } from ${JSON.stringify(join(core, 'dist/jasmine_util.js'))};
  export { registerWasmKernels, unregisterWasmKernels } from ${JSON.stringify(source('src/stock.ts'))};
  setWasmPaths(${JSON.stringify(join(wasm, 'dist/'))});
  setTestEnvs([{ name: 'wasm', backendName: 'wasm', isDataSync: true }]);
  export const load = {
    ${files.map((file) => `${JSON.stringify(file)}: () => require(${JSON.stringify(join(core, `dist/${file}.js`))})`).join(',\n')}
  };
`;

/** jasmine_util requires Jasmine itself, only to set a time limit. */
const withoutJasmine: Plugin = {
  name: 'without-jasmine',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^jasmine-core\// }, ({ path }) => ({ path, namespace: 'nothing' }));
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'exports.core = () => ({});' }));
  },
};

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
const root = process.cwd();
const [out, ...globs] = process.argv.slice(2);
process.env.MUTATION_TESTS = JSON.stringify(['packages/freq-optimizer/{src,test}/**/*.test.ts']);
const folder = 'tools/mutation', scratch = `${folder}/.stryker`;
const mutants = await new Stryker({
  mutate: [...globs, '!**/*.test.ts', '!**/index.ts'],
  ignorePatterns: ['.*', 'api-docs', 'apps', 'bench', 'dist', 'docs', 'runs', scratch],
  testRunner: 'vitest', vitest: { configFile: `${folder}/vitest.config.ts` },
  plugins: [join(root, folder, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js'), join(root, folder, 'message-ignorer.mjs')],
  ignorers: ['messages'], coverageAnalysis: 'perTest', incremental: false,
  tempDirName: `${scratch}/sandboxes`, cleanTempDir: 'always', reporters: ['progress-append-only'], concurrency: 2, timeoutMS: 30000, disableTypeChecks: false, allowConsoleColors: false,
}).runMutationTest();
const n = {};
for (const m of mutants) n[m.status] = (n[m.status] ?? 0) + 1;
console.log(JSON.stringify(n));
for (const m of mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')) {
  const file = relative(root, m.fileName); const line = readFileSync(m.fileName, 'utf8').split('\n')[m.location.start.line - 1].trim();
  console.log(`${m.status} ${file}:${m.location.start.line} | ${line} | ${m.replacement}`);
}

// Mutation testing, `pnpm mutate [package …]`: changes the sources of packages in one place after the other, and tells the
// changes that no test sees. `core/src/ops` is a part of a package. See CONTRIBUTING.md.
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { runChild } from '../launcher/child.mjs';
import { pnpm } from '../launcher/pnpm.mjs';
import { leaveSignals } from '../launcher/signals.mjs';
import { root } from '../launcher/workspace.mjs';

/** The packages whose sources are changed, and the tests that have to see it; default: the package's own. */
const packages = {
  core: ['packages/core', 'packages/harmonic-mlp/test/dynamic-attributes.test.ts'],
  'harmonic-layer': ['packages/harmonic-layer'],
  'freq-optimizer': ['packages/freq-optimizer'],
  'harmonic-mlp': ['packages/harmonic-mlp'],
};
/** The least share of mutants, in percent, that tests have to see. */
const required = 90;

const folder = 'tools/mutation';
/** For what is neither kept by git nor seen by other tools. */
const scratch = `${folder}/.stryker`;
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

const given = process.argv.slice(2);
const packageOf = (part) => part.split('/')[0];
const unknown = given.filter(
  (part) => !Object.hasOwn(packages, packageOf(part)) || !existsSync(join(root, 'packages', part)),
);
if (unknown.length > 0) {
  console.error(
    `error: ${unknown.join(' and ')} cannot be mutated; the packages are ${Object.keys(packages).join(', ')}.`,
  );
  process.exitCode = 2;
} else if (await install()) {
  for (const name of Object.keys(packages)) {
    const parts = given.length > 0 ? given.filter((part) => packageOf(part) === name) : [name];
    if (parts.length > 0 && !report(name, parts, await mutate(name, parts))) process.exitCode = 1;
  }
}

/** Installs StrykerJS into this folder, which is no part of the workspace; false where that fails. */
async function install() {
  const { devDependencies } = readJson(`${folder}/package.json`);
  const isInstalled = Object.entries(devDependencies).every(([name, version]) => {
    try {
      return readJson(`${folder}/node_modules/${name}/package.json`).version === version;
    } catch {
      return false;
    }
  });
  if (isInstalled) return true;
  console.error('Installing StrykerJS, once …');
  const { program, shell } = pnpm();
  const log = [];
  const options = [
    '--ignore-workspace',
    '--lockfile=false', // The lock file of this repository is that of the workspace alone.
    '--config.auto-install-peers=false', // Vitest is the workspace's.
    '--config.engine-strict=false', // What `stryker init` asks its questions with needs a later Node; it is not used.
  ];
  const code = await runChild([...program, 'install', '--dir', folder, ...options], {
    shell,
    onLine: (line) => log.push(line),
  });
  if (code === 0) return true;
  for (const line of log) console.error(line);
  console.error(`error: StrykerJS could not be installed: pnpm install ended with ${code}.`);
  process.exitCode = 1;
  return false;
}

/** What became of each mutant of some parts of a package. */
async function mutate(name, parts) {
  process.env.MUTATION_TESTS = JSON.stringify(
    packages[name].map((path) => (path.endsWith('.ts') ? path : `${path}/{src,test}/**/*.test.ts`)),
  );
  leaveSignals();
  const { Stryker } = await import('@stryker-mutator/core');
  return new Stryker({
    mutate: [
      ...parts
        .map((part) => (part === name ? `${name}/src` : part))
        .map((part) => `packages/${part}{,/**/*.ts}`),
      '!**/*.test.ts',
      '!**/index.ts',
    ],
    ignorePatterns: ['.*', 'api-docs', 'apps', 'bench', 'dist', 'docs', 'runs', scratch],
    testRunner: 'vitest',
    vitest: { configFile: `${folder}/vitest.config.ts` },
    plugins: [
      join(root, folder, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js'),
      join(root, folder, 'message-ignorer.mjs'),
    ],
    ignorers: ['messages'],
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: `${scratch}/${name}.json`,
    tempDirName: `${scratch}/sandboxes`,
    cleanTempDir: 'always',
    reporters: [process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    concurrency: availableParallelism(),
    // A mutant that does not end counts as seen: a busy machine must not make one of each.
    timeoutMS: 30_000,
    disableTypeChecks: false, // Vitest does not check types.
    allowConsoleColors: false,
  }).runMutationTest();
}

/**
 * Prints the score of parts of a package and the mutants that survive unexplained; false where there are any, or the score is too low,
 * or an explanation has lost its mutant.
 */
function report(name, parts, mutants) {
  const count = (...states) => mutants.filter(({ status }) => states.includes(status)).length;
  // A runtime error is a file of tests that could not be loaded.
  const seen = count('Killed', 'Timeout', 'RuntimeError');
  const survivors = mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(describeMutant);
  const score = (100 * seen) / (seen + survivors.length);

  const explained = (readJson(`${folder}/survivors.json`)[name] ?? []).filter(({ file }) =>
    parts.some((part) => `${file}/`.startsWith(`packages/${part}/`)),
  );
  const isSame = (a) => (b) => ['file', 'line', 'from', 'to'].every((part) => a[part] === b[part]);
  const unexplained = survivors.filter((survivor) => !explained.some(isSame(survivor)));
  const gone = explained.filter((entry) => !survivors.some(isSame(entry)));

  console.log(
    `${parts.join(' and ')}: ${score.toFixed(1)} % of ${seen + survivors.length} mutants are seen, ${count('Timeout')} of them by a timeout; ` +
      `${survivors.length} survive, ${unexplained.length} of them unexplained; ${count('Ignored')} are left out.`,
  );
  for (const { number, ...survivor } of unexplained)
    console.log(`  survived: ${JSON.stringify(survivor)}, in line ${number}`);
  for (const { reason: _, ...entry } of gone)
    console.log(`  explained in survivors.json, but seen: ${JSON.stringify(entry)}`);
  return score >= required && unexplained.length === 0 && gone.length === 0;
}

/** Where a file is in the repository. */
const pathOf = (fileName) => relative(root, fileName).split(sep).join('/');

/** A mutant by what stays the same when other lines change: its line, and what of it is replaced by what. */
function describeMutant({ fileName, location: { start, end }, replacement }) {
  const file = pathOf(fileName);
  const lines = readFileSync(join(root, file), 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  const line = lines[0].trim();
  lines.push(lines.pop().slice(0, end.column - 1));
  lines.unshift(lines.shift().slice(start.column - 1));
  const from = lines.map((each) => each.trim()).join(' ');
  return { file, number: start.line, line, from, to: replacement };
}

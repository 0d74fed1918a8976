// Mutation testing, `pnpm mutate [package …]`: changes the sources of packages in one place at a time and reports the changes
// that no test notices. A part of a package can be named too: `core/src/ops`. See CONTRIBUTING.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { runChild } from '../launcher/child.mjs';
import { pnpm } from '../launcher/pnpm.mjs';
import { leaveSignals } from '../launcher/signals.mjs';
import { root } from '../launcher/workspace.mjs';

/** The packages whose sources are changed, and the tests that must notice. Default: the package's own tests. */
const packages = {
  core: ['packages/core', 'packages/harmonic-mlp/test/dynamic-attributes.test.ts'],
  'harmonic-layer': ['packages/harmonic-layer'],
  'freq-optimizer': ['packages/freq-optimizer'],
  'harmonic-mlp': ['packages/harmonic-mlp'],
};
/** The minimum percentage of mutants that tests must notice. */
const required = 90;

const folder = 'tools/mutation';
/** For files that git ignores and other tools do not see. */
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

/** Installs StrykerJS in this folder, which is not part of the workspace; returns false if that fails. */
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
    '--lockfile=false', // This repository's lockfile covers only the workspace.
    '--config.auto-install-peers=false', // Vitest comes from the workspace.
    '--config.engine-strict=false', // The prompts of `stryker init` need a later Node; they are not used.
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

/** The outcome for each mutant in some parts of a package. */
async function mutate(name, parts) {
  process.env.MUTATION_TESTS = JSON.stringify(
    packages[name].map((path) => (path.endsWith('.ts') ? path : `${path}/{src,test}/**/*.test.ts`)),
  );
  leaveSignals();
  const incrementalFile = `${scratch}/${name}.json`;
  forgetSurvivors(incrementalFile);
  const { Stryker } = await import('@stryker-mutator/core');
  return new Stryker({
    mutate: [
      ...parts
        .map((part) => (part === name ? `${name}/src` : part))
        .map((part) => `packages/${part}{,/**/*.ts}`),
      '!**/*.test.ts',
      '!**/index.ts',
    ],
    ignorePatterns: ['.*', 'api-docs', 'apps', 'bench', 'dist', 'docs', 'runs', 'studies', scratch],
    testRunner: 'vitest',
    vitest: { configFile: `${folder}/vitest.config.ts` },
    plugins: [
      join(root, folder, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js'),
      join(root, folder, 'message-ignorer.mjs'),
    ],
    ignorers: ['messages'],
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile,
    tempDirName: `${scratch}/sandboxes`,
    cleanTempDir: 'always',
    reporters: [process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    concurrency: availableParallelism(),
    // A mutant that does not terminate counts as noticed; a busy machine must not turn every mutant into one.
    timeoutMS: 30_000,
    disableTypeChecks: false, // Vitest does not check types.
    allowConsoleColors: false,
  }).runMutationTest();
}

/**
 * Removes the survivors from the recorded results so that they are tried again: StrykerJS retries one for a new test only if
 * the test runs the mutated code itself, not if loading the file does.
 */
function forgetSurvivors(path) {
  if (!existsSync(join(root, path))) return;
  const results = readJson(path);
  for (const file of Object.values(results.files)) {
    file.mutants = file.mutants.filter(({ status }) => status !== 'Survived' && status !== 'NoCoverage');
  }
  writeFileSync(join(root, path), JSON.stringify(results));
}

/**
 * Prints the score of parts of a package and the mutants that survive unexplained; returns false if there are any, if the
 * score is too low, or if an explanation no longer has a mutant.
 */
function report(name, parts, allMutants) {
  const isInParts = (file) => parts.some((part) => `${file}/`.startsWith(`packages/${part}/`));
  // Those of other parts come from earlier runs.
  const mutants = allMutants.filter(({ fileName }) => isInParts(pathOf(fileName)));
  const count = (...states) => mutants.filter(({ status }) => states.includes(status)).length;
  // A runtime error means that a test file could not be loaded.
  const seen = count('Killed', 'Timeout', 'RuntimeError');
  const survivors = mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(describeMutant);
  const score = (100 * seen) / (seen + survivors.length);

  const explained = (readJson(`${folder}/survivors.json`)[name] ?? []).filter(({ file }) => isInParts(file));
  const isSame = (a) => (b) => ['file', 'line', 'from', 'to'].every((part) => a[part] === b[part]);
  const unexplained = survivors.filter((survivor) => !explained.some(isSame(survivor)));
  const gone = explained.filter((entry) => !survivors.some(isSame(entry)));

  console.log(
    `${parts.join(' and ')}: ${score.toFixed(1)}% of ${seen + survivors.length} mutants are noticed, ${count('Timeout')} of them by a timeout; ` +
      `${survivors.length} survive, ${unexplained.length} of them unexplained; ${count('Ignored')} are ignored.`,
  );
  for (const { number, ...survivor } of unexplained)
    console.log(`  survived: ${JSON.stringify(survivor)}, in line ${number}`);
  for (const { reason: _, ...entry } of gone)
    console.log(`  explained in survivors.json, but noticed: ${JSON.stringify(entry)}`);
  return score >= required && unexplained.length === 0 && gone.length === 0;
}

/** The path of a file in the repository. */
function pathOf(fileName) {
  return relative(root, fileName).split(sep).join('/');
}

/** Identifies a mutant by what stays the same when other lines change: its line, and which part of it is replaced by what. */
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

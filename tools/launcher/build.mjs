import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Failed, runChild } from './child.mjs';
import { nodeBesidePnpm } from './pnpm.mjs';
import { Progress } from './progress.mjs';
import { readStamp, writeStamp } from './stamp.mjs';
import { programFile, root, stateOfSources, withDependencies } from './workspace.mjs';

const stampOf = (names) => `build ${names?.join(' ') ?? 'all'}`;

/** Whether the given packages of the workspace, or all, are built from their current sources. */
export function isBuilt(names) {
  const packages = withDependencies(names);
  const hasOutput = ({ folder, manifest: { scripts, main, module, types, bin } }) =>
    scripts?.build === undefined ||
    // A page has none of these.
    [main ?? 'dist', module, types, ...Object.values(bin ?? {})].every(
      (file) => file === undefined || existsSync(join(root, folder, file)),
    );
  return [...packages.values()].every(hasOutput) && readStamp(stampOf(names)) === stateOfSources(packages);
}

/** Builds whatever is out of date in the given packages of the workspace, or in all, in dependency order. */
export async function build(names) {
  const packages = withDependencies(names);
  const state = stateOfSources(packages);
  const built = [...packages.values()].filter(({ manifest }) => manifest.scripts?.build);
  const progress = new Progress('Building, about a minute the first time');
  let begun = 0;
  const log = [];
  const filters = (names ?? []).map((name) => `--filter=${name}`);
  // turbo runs each build with the pnpm on its path.
  const { program, shell } = nodeBesidePnpm();
  // Relative to the root, so that it contains no spaces for a shell to split.
  const turbo = relative(root, programFile('.', 'turbo'));
  const code = await runChild([...program, turbo, 'run', 'build', '--output-logs=new-only', ...filters], {
    shell,
    // turbo asks pnpm to run each build; .pnpmfile.cjs makes pnpm trust that everything is installed.
    environment: { HARMONIC_MLP_BUILDS: '1', FORCE_COLOR: '0', NO_COLOR: '1' },
    onLine: (line) => {
      log.push(line);
      const [, name] = line.match(/^(\S+):build: cache (?:miss|bypass)/) ?? [];
      if (name !== undefined)
        progress.update(`${++begun} of at most ${built.length}, ${name.replace(/^@[^/]*\//, '')}`);
    },
  });
  progress.end();
  if (code !== 0) throw new Failed('The build failed; see above for the reason.', log);
  writeStamp(stampOf(names), state);
}

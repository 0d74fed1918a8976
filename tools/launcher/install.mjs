import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failed, runChild } from './child.mjs';
import { pnpm } from './pnpm.mjs';
import { Progress } from './progress.mjs';
import { readStamp, writeStamp } from './stamp.mjs';
import { root, stateOfDependencies, withDependencies } from './workspace.mjs';

const stamp = 'install';

/** Whether everything is installed for the given packages of the workspace, or for all of it including tests. */
export function isInstalled(needs) {
  const done = readStamp(stamp);
  if (done?.state !== stateOfDependencies() || !areLinked(needs)) return false;
  if (hasEverything()) return true;
  return done.needs === 'all' || needs?.every((name) => done.needs.includes(name)) === true;
}

/**
 * Installs what the given packages of the workspace need to be built and run, or everything. Anything else already installed
 * stays.
 */
export async function install(needs) {
  const earlier = hasEverything() ? 'all' : (readStamp(stamp)?.needs ?? []);
  const isAll = needs === undefined || earlier === 'all';
  const names = isAll ? 'all' : [...new Set([...earlier, ...needs])];
  const filters = isAll ? [] : ['--prod', ...names.flatMap((name) => ['--filter', `${name}...`])];

  const progress = new Progress('Installing dependencies (first time only)');
  progress.update();
  let [known, installed] = [0, 0];
  const log = [];
  const { program, shell } = pnpm();
  const code = await runChild([...program, 'install', '--reporter=ndjson', ...filters], {
    shell,
    onLine: (line) => {
      const { level, name, status, err, message } = parse(line);
      if (name === 'pnpm:progress') {
        if (status === 'resolved') known++;
        if (status === 'imported') installed++;
        progress.update(`${installed} of ${known} packages`);
      } else if (level === 'error' || level === undefined) {
        log.push(err?.message ?? message ?? line);
      }
    },
  });
  progress.end();
  if (code !== 0) {
    throw new Failed(
      `The dependencies could not be installed: pnpm install ended with ${code}. Fix the problem, then run the same command again.`,
      log,
    );
  }
  writeStamp(stamp, { state: stateOfDependencies(), needs: names });
}

/** Whether the dependencies of the packages are linked where the packages look for them. */
function areLinked(needs) {
  return [...withDependencies(needs).values()].every(
    ({ folder, manifest }) =>
      manifest.dependencies === undefined || existsSync(join(root, folder, 'node_modules')),
  );
}

/** Whether pnpm has also installed development dependencies. */
function hasEverything() {
  try {
    const modules = readFileSync(join(root, 'node_modules', '.modules.yaml'), 'utf8');
    return JSON.parse(modules).included.devDependencies;
  } catch {
    return false;
  }
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { message: line };
  }
}

import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failed, runChild } from './child.mjs';
import { Progress } from './progress.mjs';
import { readStamp, writeStamp } from './stamp.mjs';
import { root, stateOfDependencies } from './workspace.mjs';

const stamp = 'install';
/** This package: what builds. */
const launcher = '@harmonic-mlp/launcher';

/** Whether what is installed serves some packages of the workspace, or all of it with its tests. */
export function isInstalled(needs) {
  const done = readStamp(stamp);
  if (done?.state !== stateOfDependencies()) return false;
  return done.needs === 'all' || (needs !== undefined && needs.every((name) => done.needs.includes(name)));
}

/**
 * Installs what some packages of the workspace need to be built and run, or everything. What is there is never taken
 * away again.
 */
export async function install(needs) {
  const earlier = readStamp(stamp)?.needs ?? (hasEverything() ? 'all' : []);
  const isAll = needs === undefined || earlier === 'all';
  const names = isAll ? 'all' : [...new Set([...earlier, ...needs])];
  const filters = isAll
    ? []
    : ['--prod', ...[launcher, ...names].flatMap((name) => ['--filter', `${name}...`])];

  const progress = new Progress('Installing what this needs, once');
  progress.update();
  let [known, installed] = [0, 0];
  const log = [];
  const { program, shell } = pnpm();
  const code = await runChild([...program, 'install', '--reporter=ndjson', ...filters], {
    shell,
    // Without it pnpm asks before it removes what an earlier version has left.
    environment: { npm_config_confirm_modules_purge: 'false' },
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
      `The dependencies could not be installed: pnpm install ended with ${code}. Once that is mended, say it again.`,
      log,
    );
  }
  writeStamp(stamp, { state: stateOfDependencies(), needs: names });
}

/** Whether pnpm has installed what is only for development, too. */
function hasEverything() {
  try {
    const modules = readFileSync(join(root, 'node_modules', '.modules.yaml'), 'utf8');
    return JSON.parse(modules).included.devDependencies;
  } catch {
    return false;
  }
}

/** The pnpm that runs this, or the one that npx gets. */
function pnpm() {
  const runner = process.env.npm_execpath;
  if (
    runner === undefined ||
    !basename(runner).startsWith('pnpm') ||
    !statSync(runner, { throwIfNoEntry: false })
  )
    return { program: ['npx', '--yes', 'pnpm@10'], shell: process.platform === 'win32' };
  return { program: /\.[cm]?js$/.test(runner) ? [process.execPath, runner] : [runner], shell: false };
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { message: line };
  }
}

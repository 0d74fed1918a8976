import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, isBuilt } from './build.mjs';
import { Failed, Interrupted } from './child.mjs';
import { commands } from './commands.mjs';
import { install, isInstalled } from './install.mjs';
import { alone } from './lock.mjs';
import { endWithParent } from './parent.mjs';
import { leaveSignals, listenToSignals } from './signals.mjs';
import { programFile, root } from './workspace.mjs';

/** Installs and builds anything a command needs that is missing, and runs it in this process. */
export async function launch([name, ...options]) {
  // The reader of this output may go away.
  const ignore = () => {};
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignore);
  listenToSignals();
  const names = `The commands are:\n  ${Object.keys(commands).join('\n  ')}`;
  if (name === '--help' || name === '-h') {
    console.log(`Usage: node harmonic.mjs <command> [options]\n\n${names}\n\nEach has its own --help.`);
    return;
  }
  if (!Object.hasOwn(commands, name ?? '')) {
    const problem =
      name === undefined ? 'Usage: node harmonic.mjs <command>' : `error: Unknown command "${name}".`;
    console.error(`${problem} ${names}`);
    process.exitCode = 2;
    return;
  }
  // Some package managers require two dashes before the options of a script; others pass them on.
  if (options[0] === '--') options.shift();
  const command = commands[name];
  const needs = typeof command.needs === 'function' ? command.needs(options) : command.needs;
  const { builds = needs, program, environment, repository, done } = command;
  const buildsNothing = builds?.length === 0;
  try {
    if (!isInstalled(needs)) await alone(async () => isInstalled(needs) || (await install(needs)));
    if (!buildsNothing && !isBuilt(builds)) await alone(async () => isBuilt(builds) || (await build(builds)));
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = 130;
      return;
    }
    for (const line of error.log ?? []) console.error(line);
    console.error(`error: ${error instanceof Failed ? error.message : error.stack}`);
    process.exitCode = 1;
    return;
  }
  for (const stream of [process.stdout, process.stderr]) stream.off('error', ignore);
  if (program === undefined) {
    process.stdout.once('error', ({ code, message }) => {
      if (code === 'EPIPE') return;
      console.error(`error: standard output cannot be written: ${message}`);
      process.exitCode = 1;
    });
    console.log(done);
    return;
  }

  const [folder, file, ...first] = program;
  const path = programFile(folder, file);
  // Our own programs install their own handlers; until then, these must stay in place.
  if (!file.startsWith('.')) leaveSignals();
  if (repository) process.chdir(root);
  for (const [name, value] of Object.entries(environment ?? {})) process.env[name] ??= value;
  // The command for users to run again is the one they ran, not the program it started.
  process.env.HARMONIC_MLP_LAUNCHER = join(root, 'harmonic.mjs');
  process.argv = [process.execPath, path, ...first, ...options];
  endWithParent();
  await import(pathToFileURL(path).href);
}

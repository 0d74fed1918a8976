import { spawn } from 'node:child_process';
import { basename } from 'node:path';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const windows = process.platform === 'win32';
const quoted = (argument: string) => (/[^\w@./:=*-]/.test(argument) ? `"${argument}"` : argument);

/**
 * Runs a program until it ends, with changes to this process's environment. On Windows, it uses the shell, because npm and
 * npx are not executables there.
 */
export function run(
  [program, ...args]: string[],
  cwd: string,
  environment: Record<string, string | undefined> = {},
): Promise<Ended> {
  const options = {
    cwd,
    // These tests are not about Node's warnings on tfjs's dependencies; NODE_ENV is set by Vitest.
    env: {
      ...process.env,
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
      NODE_NO_WARNINGS: '1',
      NODE_ENV: undefined,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  };
  const child =
    windows && program !== process.execPath
      ? spawn([program, ...args].map(quoted).join(' '), { ...options, shell: true })
      : spawn(program, args, options);
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs a program that must succeed, and returns its standard output. */
export async function outputOf(command: string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, cwd);
  if (code !== 0) throw new Error(`${command.join(' ')}\nended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** The pnpm that runs these tests, or the one from npx. */
export function pnpm(): string[] {
  const runner = process.env.npm_execpath;
  if (!runner || !basename(runner).startsWith('pnpm')) return ['npx', '--yes', 'pnpm@10'];
  return /\.[cm]?js$/.test(runner) ? [process.execPath, runner] : [runner];
}

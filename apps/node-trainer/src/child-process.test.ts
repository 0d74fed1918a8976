import { afterEach, expect, it, vi } from 'vitest';
import { childEnvironment, nodeArguments } from './child-process';

const execArgv = [...process.execArgv];
afterEach(() => {
  process.execArgv = execArgv;
  vi.unstubAllEnvs();
});

it('hands on the options of Node, but not those that wait for a debugger or take its port', () => {
  process.execArgv = [
    ...['--inspect-brk=0', '--inspect', '--inspect=127.0.0.1:9229', '--inspect-wait', '--inspect-port=1'],
    ...[
      '--inspect-port',
      '0',
      '--debug-port=9230',
      '--import',
      './first.mjs',
      '--no-warnings',
      '--max-old-space-size=4096',
    ],
  ];
  expect(nodeArguments('try-backend')).toEqual([
    ...['--import', './first.mjs', '--no-warnings', '--max-old-space-size=4096'],
    expect.stringMatching(/main\.js$/),
    'try-backend',
  ]);
});

it('does so in the environment', () => {
  vi.stubEnv('NODE_OPTIONS', '--inspect-brk=0  --no-deprecation --inspect-publish-uid http --inspect=1');
  expect(childEnvironment().NODE_OPTIONS).toBe('--no-deprecation');
  vi.stubEnv('NODE_OPTIONS', '--inspect');
  expect(childEnvironment()).not.toHaveProperty('NODE_OPTIONS');
  expect(childEnvironment().PATH).toBe(process.env.PATH);
});

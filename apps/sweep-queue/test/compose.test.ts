import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { queueAddress } from '../src';

const folder = fileURLToPath(new URL('..', import.meta.url));
const { services, volumes } = parse(readFileSync(join(folder, 'compose.yaml'), 'utf8'));

it('the compose file has a queue that keeps everything, and three workers for it', () => {
  const { redis, worker } = services;
  expect(redis.command.join(' ')).toBe('redis-server --appendonly yes --maxmemory-policy noeviction');
  expect(redis.volumes.map((volume: string) => volume.split(':'))).toEqual([
    [Object.keys(volumes)[0], '/data'],
  ]);
  expect(worker.deploy.replicas).toBe(3);
  const address = queueAddress(worker.command.at(-1));
  expect([address.host, address.port]).toEqual([worker.depends_on[0], 6379]);
  expect(Object.keys(services)).toContain(address.host);
});

it('the workers are built by a Dockerfile from the whole repository', () => {
  const { context, dockerfile } = services.worker.build;
  const root = resolve(folder, context);
  expect(existsSync(join(root, 'harmonic.mjs'))).toBe(true);
  const text = readFileSync(join(root, dockerfile), 'utf8');
  expect(text).toContain('node harmonic.mjs setup:queue');
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(scripts['setup:queue']).toBe('node harmonic.mjs setup:queue');
  expect(existsSync(join(root, `${dockerfile}.dockerignore`))).toBe(true);
});

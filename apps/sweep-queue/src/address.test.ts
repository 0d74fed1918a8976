import { describe, expect, it } from 'vitest';
import { queueAddress, queueUrl, showAddress, withoutSecrets } from './address';

describe('queueAddress', () => {
  it.each([
    ['redis://host', { host: 'host', port: 6379, db: 0, tls: false, shown: 'redis://host:6379' }],
    ['rediss://host:7000/2', { host: 'host', port: 7000, db: 2, tls: true, shown: 'rediss://host:7000/2' }],
    ['valkey://host', { host: 'host', port: 6379, db: 0, tls: false, shown: 'valkey://host:6379' }],
    ['valkeys://host/', { host: 'host', port: 6379, db: 0, tls: true, shown: 'valkeys://host:6379' }],
    ['redis://[::1]:7000', { host: '::1', port: 7000, db: 0, tls: false, shown: 'redis://[::1]:7000' }],
    [
      'redis://me:a%2Fb%40@host',
      {
        host: 'host',
        port: 6379,
        username: 'me',
        password: 'a/b@',
        db: 0,
        tls: false,
        shown: 'redis://host:6379',
      },
    ],
    [
      'redis://:secret@host',
      { host: 'host', port: 6379, password: 'secret', db: 0, tls: false, shown: 'redis://host:6379' },
    ],
    [
      'redis+unix:///run/redis.sock?db=1',
      {
        ...{ host: '', port: 6379, path: '/run/redis.sock', db: 1, tls: false },
        shown: 'redis+unix:///run/redis.sock?db=1',
      },
    ],
  ])('reads %s', (url, address) => {
    expect(queueAddress(url)).toEqual(address);
  });

  it.each([
    'host:6379',
    'http://secret@host',
    'redis://',
    'redis://me:secret@',
    'redis://me:sec#ret@host',
    'redis://me:sec/ret@host',
    'redis://me:secret%@host',
    'redis://host/secret',
    'redis://host?password=secret',
    'redis://host:secret',
    'redis+unix://?db=1',
  ])('refuses %s without repeating it', (url) => {
    expect(() => queueAddress(url)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ADDRESS',
        message: expect.stringMatching(
          /^The address of the queue cannot be read\. It must be redis:(?!.*sec)/,
        ),
      }),
    );
  });

  it.each(['postgres://me:secret@host/db', 'postgresql://host/db'])('refuses %s with the reason', (url) => {
    expect(() => queueAddress(url)).toThrow(/^The queue cannot be in PostgreSQL: (?!.*secret)/);
  });
});

it('shows an address without user and password', () => {
  expect(showAddress('rediss://me:secret@host/1')).toBe('rediss://host:6379/1');
});

it('takes the address from an option or the environment', () => {
  const env = { HARMONIC_MLP_QUEUE: 'redis://b' };
  expect(queueUrl('redis://a', env)).toBe('redis://a');
  expect(queueUrl(undefined, env)).toBe('redis://b');
  expect(() => queueUrl(undefined, {})).toThrow('set HARMONIC_MLP_QUEUE');
});

it('removes the password from texts, however it is written', () => {
  const address = queueAddress('redis://me:a%2Fb@host');
  expect(withoutSecrets('bad a/b in redis://me:a%2Fb@host', address)).toBe('bad … in redis://me:…@host');
});

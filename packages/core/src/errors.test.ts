import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it, vi } from 'vitest';
import { type ErrorFields, HarmonicError, option } from './errors';

describe('HarmonicError', () => {
  it('carries a code, a message and a cause', () => {
    const cause = new Error('below');
    const error = new HarmonicError('DIVERGED', 'The loss is NaN.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'HarmonicError',
      code: 'DIVERGED',
      message: 'The loss is NaN.',
      cause,
    });
  });

  it('is shown by its name, even where a bundler renames the class', async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('./errors.ts', import.meta.url))],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    const bundled: typeof import('./errors') = await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`
    );
    for (const Class of [HarmonicError, bundled.HarmonicError]) {
      const error = new Class('DIVERGED', 'The loss is NaN.');
      expect(inspect(error)).toMatch(/^HarmonicError: The loss is NaN\.\n {4}at /);
    }
  });

  it('has no static field called name, which Chromium before 98 cannot define', () => {
    const { get } = Object.getOwnPropertyDescriptor(HarmonicError, 'name')!;
    expect(get).toBeInstanceOf(Function);
    expect(HarmonicError.name).toBe('HarmonicError');
  });

  it('recognizes one of another copy of the package, and nothing else', async () => {
    vi.resetModules();
    const copy = await import('./errors');
    expect(copy.HarmonicError).not.toBe(HarmonicError);
    expect(HarmonicError.is(new copy.HarmonicError('UNSUPPORTED', ''))).toBe(true);
    expect(HarmonicError.is(new HarmonicError('UNSUPPORTED', ''))).toBe(true);
    // The mark of other versions, too.
    const theirs = Object.assign(new Error(''), { [Symbol.for('harmonic-mlp.error')]: true });
    expect(HarmonicError.is(theirs)).toBe(true);
    for (const other of [new Error(''), { code: 'UNSUPPORTED' }, 'error', null, undefined]) {
      expect(HarmonicError.is(other)).toBe(false);
    }
  });

  it('renders the message from its fields', () => {
    const fields = {
      argument: 'hidden[1]',
      value: 0,
      allowed: 'an integer at least 1',
      fix: 'Leave it out.',
    };
    const error = new HarmonicError('INVALID_ARGUMENT', fields);
    expect(error).toMatchObject(fields);
    expect(error.message).toBe('hidden[1] is 0; it must be an integer at least 1. Leave it out.');
    expect(error.with({ file: 'run.json' })).toMatchObject({
      ...fields,
      code: 'INVALID_ARGUMENT',
      file: 'run.json',
      message: 'run.json: hidden[1] is 0; it must be an integer at least 1. Leave it out.',
      cause: error,
    });
  });

  it('has a message without the name of an argument', () => {
    expect(new HarmonicError('INVALID_DATA', { value: 1, allowed: '2' }).message).toBe(
      'A value is 1; it must be 2.',
    );
  });

  it('says what an interface calls the options', () => {
    const nameOption = (name: string) =>
      ({ hidden: '--hidden', inputSize: '--input-size' })[name as 'hidden'] as string | undefined;
    const describe = (fields: ErrorFields) => new HarmonicError('INVALID_SHAPE', fields).describe(nameOption);
    expect(describe({ argument: 'hidden[1]', value: 0, allowed: 'positive' })).toBe(
      '--hidden[1] is 0; it must be positive.',
    );
    const problem = `The inputs are 784 wide, but ${option('inputSize')} is 100.`;
    const fix = `Give ${option('inputSize')} 784.`;
    expect(describe({ problem, fix })).toBe(
      'The inputs are 784 wide, but --input-size is 100. Give --input-size 784.',
    );
    const error = new HarmonicError('INVALID_SHAPE', { problem, fix, allowed: `as ${option('inputSize')}` });
    expect(error.message).toBe('The inputs are 784 wide, but inputSize is 100. Give inputSize 784.');
    expect([error.fix, error.allowed]).toEqual(['Give inputSize 784.', 'as inputSize']);
  });

  it('leaves out a fix by an option that the interface does not have, and keeps the problem', () => {
    const fields = { problem: `${option('maxBytes')} is 5.`, fix: `Raise ${option('maxBytes')}.` };
    expect(new HarmonicError('INVALID_DATA', fields).describe(() => undefined)).toBe('maxBytes is 5.');
  });

  it('leaves the fix a line of its own after a problem that ends with a list', () => {
    const fields = { problem: 'No server has it:\n  a: 404\n  b: 500\n', fix: 'Try again.', file: 'x.gz' };
    expect(new HarmonicError('DOWNLOAD_FAILED', fields).message).toBe(
      'x.gz: No server has it:\n  a: 404\n  b: 500\nTry again.',
    );
  });

  it('leaves texts of users as they are', () => {
    const value = '{hidden} $1 [0]';
    expect(new HarmonicError('INVALID_DATA', { argument: 'note', value, allowed: 'short' }).message).toBe(
      'note is "{hidden} $1 [0]"; it must be short.',
    );
  });
});

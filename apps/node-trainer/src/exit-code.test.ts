import { HarmonicError } from '@harmonic-mlp/core';
import { expect, it } from 'vitest';
import { TrainerError } from './errors';
import { exitCodeOf } from './exit-code';

it.each<[string, unknown, number]>([
  ['wrong usage', new TrainerError('INVALID_ARGUMENT', 'Wrong.'), 2],
  ["a package's wrong usage", new HarmonicError('INVALID_ARGUMENT', 'Wrong.'), 2],
  ['an interruption', new TrainerError('INTERRUPTED', 'Interrupted.'), 130],
  ['any other error', new TrainerError('BACKEND_MISSING', 'Missing.'), 1],
  ["a package's error", new HarmonicError('DIVERGED', 'Diverged.'), 1],
  ['an error of Node', Object.assign(new Error('no space'), { code: 'INVALID_ARGUMENT' }), 1],
  ['what is not an error', 'nothing', 1],
])('the process exits by the code of %s', (_, error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

import { HarmonicError } from '@harmonic-mlp/core';
import { expect, it } from 'vitest';
import { damaged } from './damaged';

it.each([
  [new Error('it was cut'), { argument: 'training', value: undefined, allowed: undefined }],
  [
    new HarmonicError('INVALID_ARGUMENT', { argument: 'step', value: 5, allowed: 'at most 4' }),
    { argument: 'training.step', value: 5, allowed: 'at most 4' },
  ],
])('What is damaged by %j is found in the file', (cause, fields) => {
  expect(damaged('training', 'The record', cause)).toMatchObject({
    code: 'INVALID_DATA',
    ...fields,
    cause,
    message: `The record is damaged: ${cause.message} Use another copy of the file.`,
  });
});

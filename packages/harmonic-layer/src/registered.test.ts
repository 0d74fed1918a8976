import { describe, expect, it } from 'vitest';
import { errorOf } from '../../../test/support/error-of';
import { requireRegistered } from './registered';

describe('requireRegistered', () => {
  it.each([
    {},
    { activation: 'harmonic', periods: 'geometric:2,64' },
    { periods: 'capped' },
    { periods: 'list:1,2' },
    // Not names: the reader of the configuration refuses them.
    { activation: 3, periods: ['gone:1'] },
  ])('takes %j', (saved) => {
    expect(() => requireRegistered(saved, 'The file')).not.toThrow();
  });

  it.each([
    [
      { activation: 'gone', periods: 'capped' },
      'activation',
      'The file has the activation "gone", which is not registered.',
      'with registerActivation of',
    ],
    [
      { activation: 'relu', periods: 'gone:1,2' },
      'periods',
      'The file has the period distribution "gone", which is not registered.',
      'with registerPeriods of',
    ],
  ])('names what is missing of %j, and how to register it', (saved, kind, problem, fix) => {
    for (const place of [undefined, 'config.']) {
      const error = errorOf(() => requireRegistered(saved, 'The file', place));
      expect(error).toMatchObject({ code: 'INVALID_DATA', argument: `${place ?? ''}${kind}`, value: 'gone' });
      expect(error.message).toContain(problem);
      expect(error.fix).toContain(fix);
    }
  });

  it('does not take what every object has for an entry', () => {
    expect(errorOf(() => requireRegistered({ activation: 'toString' }, 'The file')).value).toBe('toString');
  });
});

import { describe, expect, it } from 'vitest';
import { whyItFailed } from './proof';

describe('why a training on an installation failed', () => {
  it('is what the process said', () => {
    const reason = 'The addon does not load: a.node: undefined symbol: TF_Version.';
    expect(whyItFailed({ reason })).toBe(reason);
  });

  it('is the signal that ended the process', () => {
    const ending = { code: null, signal: 'SIGSEGV' as const, lastWords: ['a stack'] };
    expect(whyItFailed({ reason: 'It crashed (SIGSEGV).', ending })).toBe(
      "TensorFlow's library crashed the process (SIGSEGV): it does not fit this machine, or is damaged.",
    );
  });

  it('is its last words otherwise', () => {
    const lastWords = ['node: symbol lookup error: undefined symbol: TF_Version'];
    const reason = 'Its process ended with code 127.';
    expect(whyItFailed({ reason, ending: { code: 127, signal: null, lastWords } })).toBe(
      `${reason}\n  ${lastWords[0]}`,
    );
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { sha256, verifyChecksum } from './checksum';

// FIPS 180-2, appendix B.1.
const abc = new TextEncoder().encode('abc');
const sumOfAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('checksums', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('are those of the standard', async () => {
    expect(await sha256(abc)).toBe(sumOfAbc);
    expect(await sha256(new Uint8Array(0))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('are of the view, not of its buffer', async () => {
    const larger = new Uint8Array([9, ...abc, 9]);
    expect(await sha256(larger.subarray(1, 4))).toBe(sumOfAbc);
  });

  it('pass the expected file, in either case', async () => {
    await verifyChecksum('abc', abc, sumOfAbc);
    await verifyChecksum('abc', abc, sumOfAbc.toUpperCase());
  });

  it('refuse another file, naming it and both sums', async () => {
    const expected = sumOfAbc.replace('b', 'c');
    await expect(verifyChecksum('digits', abc, expected)).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      file: 'digits',
      value: sumOfAbc,
      allowed: expected,
      message: `digits: The file is not the published one: its SHA-256 is ${sumOfAbc}, expected ${expected}. Get the file again, or load it with verify: false if it is meant to differ.`,
    });
  });

  it('say what is missing where there is no Web Crypto', async () => {
    vi.stubGlobal('crypto', {});
    // Keeping everything else, because the runner's own messages may arrive in the meantime.
    vi.stubGlobal('process', Object.create(process, { getBuiltinModule: { value: undefined } }));
    await expect(sha256(abc)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(
        'crypto.subtle, which browsers provide only to pages served over HTTPS or from localhost',
      ),
    });
  });

  it('are computed where only the environment hides Web Crypto', async () => {
    vi.stubGlobal('crypto', undefined);
    expect(await sha256(abc)).toBe(sumOfAbc);
  });

  it('take any bytes, and nothing else', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    shared.set(abc);
    for (const bytes of [abc.slice().buffer, new Uint8ClampedArray(abc), shared]) {
      expect(await sha256(bytes)).toBe(sumOfAbc);
    }
    await expect(sha256('abc' as unknown as Uint8Array)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'bytes',
      value: 'abc',
    });
  });
});

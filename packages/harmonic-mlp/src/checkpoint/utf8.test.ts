import { afterEach, expect, it, vi } from 'vitest';
import { decodeUtf8, encodeUtf8 } from './utf8';

const texts = ['', 'plain {"a":1}', 'é ‰ 漢 🎵 \u0000\u007f\u0080\uffff', 'π'.repeat(5000)];
const malformed = [[0xff], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80]];

afterEach(() => vi.unstubAllGlobals());

it.each(['with', 'without'])('is the same %s TextEncoder and TextDecoder', (how) => {
  const encoded = texts.map((text) => Buffer.from(text, 'utf8'));
  if (how === 'without') {
    vi.stubGlobal('TextEncoder', undefined);
    vi.stubGlobal('TextDecoder', undefined);
  }
  for (const [i, text] of texts.entries()) {
    expect(Buffer.from(encodeUtf8(text)).equals(encoded[i])).toBe(true);
    expect(decodeUtf8(encoded[i])).toBe(text);
  }
  expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('a');
  expect(decodeUtf8(Uint8Array.of(0x61, 0xef, 0xbb, 0xbf))).toBe('a\u{FEFF}'); // Only the first is a byte order mark.
  for (const bytes of malformed) expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow();
});

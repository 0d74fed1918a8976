import '@tensorflow/tfjs-backend-cpu';
import { HarmonicError } from '@harmonic-mlp/core';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import { FuzzRandom, fuzzFiles, fuzzSeed } from '../../../../test/support/fuzz';
import { noisyPatterns } from '../../test/small-data';
import { HarmonicMLP } from '../harmonic-mlp';
import { readCheckpoint } from './checkpoint';
import { checksumOf } from './checksum';
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from './safetensors';

beforeAll(() => setBackend('cpu'));

/** A checkpoint of a run, with metadata of several kinds. */
async function makeCheckpoint(): Promise<Uint8Array> {
  const model = new HarmonicMLP({ inputSize: 6, classes: 3, hidden: [5, 4], seed: 1 });
  let file: Uint8Array | undefined;
  await model.fit(noisyPatterns({ size: 12, inputSize: 6, classes: 3 }), {
    batchSize: 4,
    epochs: 1,
    async onEpoch({ checkpoint }) {
      file = await checkpoint({ note: 'naïve', b: '', a: '1' });
    },
  });
  model.dispose();
  return file!;
}

/** The same content in the order in which another program may write it. */
const reversed = ({ tensors, metadata }: SafetensorsFile): SafetensorsFile => ({
  tensors: Object.fromEntries(Object.entries(tensors).reverse()),
  metadata: Object.fromEntries(Object.entries(metadata).reverse()),
});

describe('A model file', () => {
  it('has the CRC-32 of zlib', () => {
    // Python: zlib.crc32(head + bytes(-len(head) % 4) + data), with head = '[[["a","ü"],["b",""]],[["k",[2]]]]' as UTF-8 and
    // data = struct.pack('<2f', 1.5, -2).
    const file = {
      tensors: { k: { shape: [2], data: new Float32Array([1.5, -2]) } },
      metadata: { b: '', a: 'ü', checksum: 'is left out' },
    };
    expect(checksumOf(file)).toBe('crc32 1dae2dc9');
  });

  it(`is refused with any bit flipped: ${fuzzFiles} of them, with seed ${fuzzSeed}`, async () => {
    console.log(`flipped bits: FUZZ_SEED=${fuzzSeed} flips them again`);
    const file = await makeCheckpoint();
    expect(readCheckpoint(file).isCheckpoint).toBe(true);
    const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    // Where a bit may hide the checksum itself, all of them; then as many in the header, most of which is text, as in the weights.
    const entry = Buffer.from(file).indexOf('"checksum"');
    const random = new FuzzRandom(0);
    const bits = Array.from({ length: fuzzFiles }, (_, i) =>
      i < 300
        ? 8 * entry + i
        : i % 2
          ? random.integer(8 * header)
          : 8 * header + random.integer(8 * (file.length - header)),
    );
    for (const bit of bits) {
      file[bit >> 3] ^= 1 << (bit & 7);
      const error = errorOf(() => readCheckpoint(file));
      expect(error.code, `bit ${bit}: ${error.message}`).toBe('INVALID_DATA');
      file[bit >> 3] ^= 1 << (bit & 7);
    }
    expect(readCheckpoint(file).isCheckpoint).toBe(true);
  });

  it('says that it is damaged, and what a program does that changes it on purpose', async () => {
    const { tensors, metadata } = decodeSafetensors(await makeCheckpoint());
    tensors['output/bias'].data[1] += 1;
    const changed = { tensors, metadata };
    const error = errorOf(() => readCheckpoint(encodeSafetensors(changed)));
    expect(error).toMatchObject({
      code: 'INVALID_DATA',
      argument: 'metadata.checksum',
      value: metadata.checksum,
      allowed: checksumOf(changed),
      message: `The model file is damaged: its checksum is "${metadata.checksum}", but its content has "${checksumOf(changed)}". Use another copy of the file. If a program changed it on purpose, let that set "checksum" in its metadata to "none".`,
    });
    metadata.checksum = 'none';
    const { data } = readCheckpoint(encodeSafetensors(changed)).tensors['output/bias'];
    expect(data).toEqual(tensors['output/bias'].data);
    metadata.checksum = checksumOf(changed);
    expect(readCheckpoint(encodeSafetensors(changed)).isCheckpoint).toBe(true);
    delete metadata.checksum;
    expect(() => readCheckpoint(encodeSafetensors(changed))).toThrow('its checksum is missing.');
    metadata.checksum = '\u001b[2J'.repeat(100);
    const { message } = errorOf(() => readCheckpoint(encodeSafetensors(changed)));
    expect(message).not.toContain('\u001b');
    expect(message.length).toBeLessThan(350);
  });

  it('may be written again in another order', async () => {
    const file = decodeSafetensors(await makeCheckpoint());
    const again = encodeSafetensors(reversed(file));
    expect(again).not.toEqual(encodeSafetensors(file));
    expect(readCheckpoint(again).progress).toEqual(readCheckpoint(encodeSafetensors(file)).progress);
  });

  it('needs no checksum if an earlier version wrote it', async () => {
    const { tensors, metadata } = decodeSafetensors(await makeCheckpoint());
    const { checksum: _, ...others } = metadata;
    const earlier = encodeSafetensors({ tensors, metadata: { ...others, version: '2' } });
    expect(readCheckpoint(earlier).isCheckpoint).toBe(true);
    // But one that it has must be right, since the version may be what was damaged.
    const damaged = encodeSafetensors({ tensors, metadata: { ...metadata, version: '2' } });
    expect(() => readCheckpoint(damaged)).toThrow(HarmonicError);
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSmallDisk, noSmallDisk } from '../../../../test/support/small-disk';
import { Ledger, readLedger } from './ledger';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic ledger '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A ledger with three records. */
async function written(name: string) {
  const file = join(folder, name);
  const { ledger } = await Ledger.open(file);
  const records = [
    { event: 'sweep' },
    { trial: 'c0-s0', score: 0.5, text: 'ä "}' },
    { trial: 'c1-s0', crc: null },
  ];
  await Promise.all(records.map((record) => ledger.append(record)));
  return { file, ledger, records };
}

it('has all records in the order of the calls, each a line of JSON', async () => {
  const { file, records } = await written('order');
  const { records: read, damaged } = await readLedger(file);
  expect(read).toEqual(records);
  expect(damaged).toEqual([]);
  for (const line of (await readFile(file, 'utf8')).trim().split('\n')) JSON.parse(line);
});

it('drops a record that was being written, wherever that was cut off, and goes on behind the others', async () => {
  const { file, records } = await written('torn');
  const whole = await readFile(file);
  const start = whole.subarray(0, -1).lastIndexOf('\n') + 1;
  for (let length = start; length < whole.length; length++) {
    await writeFile(file, whole.subarray(0, length));
    expect(await readLedger(file)).toEqual({ records: records.slice(0, 2), damaged: [] });
    const { ledger, records: read, damaged } = await Ledger.open(file);
    expect([read, damaged]).toEqual([records.slice(0, 2), []]);
    await ledger.append(records[2]);
    expect(await readFile(file)).toEqual(whole);
  }
});

it('notices any single bit that has changed within a line', async () => {
  const { file, records } = await written('flipped');
  const whole = await readFile(file);
  const [first, second] = [whole.indexOf('\n') + 1, whole.indexOf('\n', whole.indexOf('\n') + 1)];
  for (let bit = 8 * first; bit < 8 * second; bit++) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    // A bit may make a line break.
    if (flipped[bit >> 3] === 10) continue;
    await writeFile(file, flipped);
    expect(await readLedger(file), `bit ${bit}`).toEqual({ records: [records[0], records[2]], damaged: [2] });
  }
});

it('names the lines that are damaged or not of a ledger', async () => {
  const file = join(folder, 'foreign');
  await writeFile(file, 'a,b\n{"event":"sweep"}\n\nnull\n');
  expect(await readLedger(file)).toEqual({ records: [], damaged: [1, 2, 3, 4] });
});

describe.skipIf(noSmallDisk !== undefined)(
  `on a full disk${noSmallDisk === undefined ? '' : `: ${noSmallDisk}`}`,
  () => {
    it('says so, and keeps what was recorded before', async () => {
      const disk = await makeSmallDisk(1 << 20);
      try {
        const file = join(disk.folder, 'ledger.jsonl');
        const { ledger } = await Ledger.open(file);
        const record = { text: 'x'.repeat(5000) };
        await disk.fill(5 * 4096);
        let kept = 0;
        const error = await (async () => {
          for (; kept < 100; kept++) await ledger.append(record);
        })().catch((error) => error);
        expect(error).toMatchObject({ code: 'UNWRITABLE', file });
        expect(error.message).toMatch(
          /The ledger of the sweep cannot be written: .*make room, and resume the sweep/,
        );
        expect(kept).toBeGreaterThan(1);
        const { records, damaged } = await readLedger(file);
        expect([records.length, damaged]).toEqual([kept, []]);
        await disk.fill(1 << 19);
        await ledger.append(record);
        expect((await readLedger(file)).records).toHaveLength(kept + 1);
      } finally {
        await disk.remove();
      }
    });
  },
);

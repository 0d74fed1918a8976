import { decode } from 'fast-png';
import { describe, expect, it, vi } from 'vitest';
import { readEvents } from '../test/read-events';
import { EventWriter } from './event-writer';

/** The events of the bytes that a writer writes. */
async function written(fill: (writer: EventWriter) => void) {
  const parts: Uint8Array[] = [];
  const writer = new EventWriter((bytes) => void parts.push(bytes));
  fill(writer);
  await writer.flush();
  return readEvents(Buffer.concat(parts));
}

it('begins with the version of the file', async () => {
  vi.useFakeTimers({ now: 1_234_567_890_500 });
  try {
    const [version, ...others] = await written((writer) => writer.start(7));
    expect(version).toEqual({ time: 1_234_567_890.5, step: 0, fileVersion: 'brain.Event:2', values: [] });
    expect(others).toEqual([{ time: 1_234_567_890.5, step: 7, session: 1, values: [] }]);
  } finally {
    vi.useRealTimers();
  }
});

it('writes scalars as 32-bit floats, at any step', async () => {
  const [, ...events] = await written((writer) => {
    writer.scalar('loss/train', 0, 0.1);
    writer.scalar('ä', 2 ** 40, Number.NaN);
    writer.scalar('rate', 300, Number.NEGATIVE_INFINITY);
  });
  expect(events.map(({ step, values }) => [step, ...values])).toEqual([
    [0, { tag: 'loss/train', scalar: Math.fround(0.1) }],
    [2 ** 40, { tag: 'ä', scalar: Number.NaN }],
    [300, { tag: 'rate', scalar: Number.NEGATIVE_INFINITY }],
  ]);
});

it('writes histograms', async () => {
  const [, { values }] = await written((writer) => writer.histogram('weights', 1, Float32Array.of(-1, 3)));
  const [{ tag, histogram }] = values;
  expect(tag).toBe('weights');
  expect(histogram).toMatchObject({ min: -1, max: 3, count: 2, sum: 2, sumOfSquares: 10 });
  expect(histogram!.limits).toEqual(Array.from({ length: 64 }, (_, i) => -1 + (i + 1) / 16));
  expect(histogram!.counts).toEqual([1, ...Array(62).fill(0), 1]);
});

it('writes no histogram of nothing', async () => {
  expect(await written((writer) => writer.histogram('weights', 1, [Number.NaN]))).toEqual([]);
});

it.each([1, 2, 3, 4] as const)('writes images of %i channels as PNG', async (channels) => {
  const data = Uint8Array.from({ length: 6 * channels }, (_, i) => 10 * i);
  const [, { values }] = await written((writer) =>
    writer.image('kernels', 2, { width: 3, height: 2, channels, data }),
  );
  const [{ image }] = values;
  expect(image).toMatchObject({ width: 3, height: 2, channels });
  const png = decode(image!.png!);
  expect(png).toMatchObject({ width: 3, height: 2, channels, depth: 8 });
  expect(png.data).toEqual(data);
});

it('writes text as a tensor of one string for the plugin of texts', async () => {
  const [, { values }] = await written((writer) => writer.text('notes', 3, '# Grüße'));
  expect(values).toEqual([{ tag: 'notes', text: '# Grüße', type: 7, plugin: 'text', dataClass: 2 }]);
});

describe('flush', () => {
  it('writes nothing if nothing was added', async () => {
    const write = vi.fn();
    const writer = new EventWriter(write);
    await writer.flush();
    expect(write).not.toHaveBeenCalled();
  });

  it('writes in order what was added meanwhile, and the version once', async () => {
    const parts: Uint8Array[] = [];
    const writer = new EventWriter(async (bytes) => {
      await new Promise((resolve) => setTimeout(resolve, parts.length === 0 ? 20 : 0));
      parts.push(bytes);
    });
    writer.scalar('a', 1, 1);
    const first = writer.flush();
    await new Promise((resolve) => setTimeout(resolve));
    expect(parts).toHaveLength(0);
    writer.scalar('a', 2, 2);
    await Promise.all([first, writer.flush()]);
    expect(parts).toHaveLength(2);
    const events = readEvents(Buffer.concat(parts));
    expect(events.map(({ fileVersion, step }) => fileVersion ?? step)).toEqual(['brain.Event:2', 1, 2]);
  });

  it('keeps what could not be written', async () => {
    const parts: Uint8Array[] = [];
    let isFull = true;
    const writer = new EventWriter((bytes) => {
      if (isFull) throw new Error('full');
      parts.push(bytes);
    });
    writer.scalar('a', 1, 1);
    await expect(writer.flush()).rejects.toThrow('full');
    writer.scalar('a', 2, 2);
    await expect(writer.flush()).rejects.toThrow('full');
    isFull = false;
    writer.scalar('a', 3, 3);
    await writer.flush();
    const events = readEvents(Buffer.concat(parts));
    expect(events.map(({ fileVersion, step }) => fileVersion ?? step)).toEqual(['brain.Event:2', 1, 2, 3]);
  });

  it('drops more than 16 MiB that could not be written', async () => {
    const sizes: number[] = [];
    let isFull = true;
    const writer = new EventWriter((bytes) => {
      if (isFull) throw new Error('full');
      sizes.push(bytes.length);
    });
    writer.text('long', 1, 'x'.repeat(2 ** 24));
    await expect(writer.flush()).rejects.toThrow('full');
    isFull = false;
    writer.scalar('a', 2, 2);
    await writer.flush();
    expect(sizes).toHaveLength(1);
    expect(sizes[0]).toBeLessThan(200);
  });
});

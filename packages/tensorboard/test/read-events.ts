import { PbfReader } from 'pbf';

/** An event as it stands in a file; of its fields, those that are there. */
export interface ReadEvent {
  time?: number;
  step: number;
  fileVersion?: string;
  /** The status of a session log. */
  session?: number;
  values: ReadValue[];
}

export interface ReadValue {
  tag?: string;
  scalar?: number;
  image?: { height?: number; width?: number; channels?: number; png?: Uint8Array };
  histogram?: {
    min?: number;
    max?: number;
    count?: number;
    sum?: number;
    sumOfSquares?: number;
    limits: number[];
    counts: number[];
  };
  /** The string of a tensor. */
  text?: string;
  /** The type of a tensor's elements. */
  type?: number;
  plugin?: string;
  dataClass?: number;
}

/** CRC-32C, bit by bit. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
  }
  return ~sum >>> 0;
}

const masked = (bytes: Uint8Array) => {
  const sum = checksum(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
};

/** The events of a file, each checked; throws for one that is torn. */
export function readEvents(file: Uint8Array): ReadEvent[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const events: ReadEvent[] = [];
  for (let at = 0; at < file.length; ) {
    const size = Number(view.getBigUint64(at, true));
    if (view.getUint32(at + 8, true) !== masked(file.subarray(at, at + 8)))
      throw new Error(`The length at ${at} is damaged.`);
    const data = file.subarray(at + 12, at + 12 + size);
    if (view.getUint32(at + 12 + size, true) !== masked(data))
      throw new Error(`The record at ${at} is damaged.`);
    events.push(new PbfReader(data).readFields(readEvent, { step: 0, values: [] }));
    at += size + 16;
  }
  return events;
}

function readEvent(field: number, event: ReadEvent, reader: PbfReader): void {
  if (field === 1) event.time = reader.readDouble();
  else if (field === 2) event.step = reader.readVarint();
  else if (field === 3) event.fileVersion = reader.readString();
  else if (field === 5) reader.readMessage(readSummary, event);
  else if (field === 7)
    event.session = reader.readMessage(
      (inner, log: { status: number }, { readVarint }) => {
        if (inner === 1) log.status = readVarint.call(reader);
      },
      { status: -1 },
    ).status;
  else throw new Error(`An event has the field ${field}.`);
}

function readSummary(field: number, event: ReadEvent, reader: PbfReader): void {
  if (field === 1) event.values.push(reader.readMessage(readValue, {}));
}

function readValue(field: number, value: ReadValue, reader: PbfReader): void {
  if (field === 1) value.tag = reader.readString();
  else if (field === 2) value.scalar = reader.readFloat();
  else if (field === 4) value.image = reader.readMessage(readImage, {});
  else if (field === 5) value.histogram = reader.readMessage(readHistogram, { limits: [], counts: [] });
  else if (field === 8) reader.readMessage(readTensor, value);
  else if (field === 9) reader.readMessage(readMetadata, value);
  else throw new Error(`A value has the field ${field}.`);
}

function readImage(field: number, image: NonNullable<ReadValue['image']>, reader: PbfReader): void {
  if (field === 1) image.height = reader.readVarint();
  else if (field === 2) image.width = reader.readVarint();
  else if (field === 3) image.channels = reader.readVarint();
  else if (field === 4) image.png = reader.readBytes();
}

function readHistogram(
  field: number,
  histogram: NonNullable<ReadValue['histogram']>,
  reader: PbfReader,
): void {
  if (field === 1) histogram.min = reader.readDouble();
  else if (field === 2) histogram.max = reader.readDouble();
  else if (field === 3) histogram.count = reader.readDouble();
  else if (field === 4) histogram.sum = reader.readDouble();
  else if (field === 5) histogram.sumOfSquares = reader.readDouble();
  else if (field === 6) reader.readPackedDouble(histogram.limits);
  else if (field === 7) reader.readPackedDouble(histogram.counts);
}

function readTensor(field: number, value: ReadValue, reader: PbfReader): void {
  if (field === 1) value.type = reader.readVarint();
  else if (field === 8) value.text = reader.readString();
}

function readMetadata(field: number, value: ReadValue, reader: PbfReader): void {
  if (field === 1)
    reader.readMessage((inner, _, plugin) => {
      if (inner === 1) value.plugin = plugin.readString();
    }, {});
  else if (field === 4) value.dataClass = reader.readVarint();
}

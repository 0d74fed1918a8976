import { PbfWriter } from 'pbf';
import type { Histogram } from './histogram';

/** An image as TensorBoard shows it. */
export interface EncodedImage {
  width: number;
  height: number;
  /** 1 for gray, 2 with transparency, 3 for RGB, 4 with transparency. */
  channels: number;
  png: Uint8Array;
}

/** One value of a tag at a step. */
export type SummaryValue = { tag: string } & (
  | { scalar: number }
  | { histogram: Histogram }
  | { image: EncodedImage }
  | { text: string }
);

/** What an event tells. */
export type EventContent = { fileVersion: string } | { summary: readonly SummaryValue[] } | { start: true };

/**
 * Encodes an event of an event file as a protocol buffer.
 *
 * Scalars, histograms, and images have the fields that TensorBoard has read since its first version and that PyTorch writes,
 * since its readers in Python return them as they are; text has no such field, so it is a tensor.
 *
 * Source: TensorBoard, `compat/proto/event.proto` and `summary.proto`.
 *
 * @param time seconds since 1970.
 */
export function encodeEvent(time: number, step: number, content: EventContent): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, time);
  if (step !== 0) event.writeVarintField(2, step);
  if ('fileVersion' in content) event.writeStringField(3, content.fileVersion);
  else if ('summary' in content) event.writeMessage(5, writeSummary, content.summary);
  else event.writeMessage(7, writeSessionLog, sessionStart);
  return event.finish();
}

/** `SessionLog.START`: readers forget what they have read of this step and later ones. */
const sessionStart = 1;

const writeSessionLog = (status: number, log: PbfWriter) => log.writeVarintField(1, status);

function writeSummary(values: readonly SummaryValue[], summary: PbfWriter): void {
  for (const value of values) summary.writeMessage(1, writeValue, value);
}

function writeValue(value: SummaryValue, message: PbfWriter): void {
  message.writeStringField(1, value.tag);
  if ('scalar' in value) message.writeFloatField(2, value.scalar);
  else if ('image' in value) message.writeMessage(4, writeImage, value.image);
  else if ('histogram' in value) message.writeMessage(5, writeHistogram, value.histogram);
  else {
    message.writeMessage(8, writeTextTensor, value.text);
    message.writeMessage(9, writeMetadata, 'text');
  }
}

function writeImage({ width, height, channels, png }: EncodedImage, image: PbfWriter): void {
  image.writeVarintField(1, height);
  image.writeVarintField(2, width);
  image.writeVarintField(3, channels);
  image.writeBytesField(4, png);
}

function writeHistogram(histogram: Histogram, message: PbfWriter): void {
  message.writeDoubleField(1, histogram.min);
  message.writeDoubleField(2, histogram.max);
  message.writeDoubleField(3, histogram.count);
  message.writeDoubleField(4, histogram.sum);
  message.writeDoubleField(5, histogram.sumOfSquares);
  message.writePackedDouble(6, histogram.limits);
  message.writePackedDouble(7, histogram.counts);
}

const stringType = 7;

/** A tensor of one string, whose shape is []. */
function writeTextTensor(text: string, tensor: PbfWriter): void {
  tensor.writeVarintField(1, stringType);
  tensor.writeMessage(2, () => {}, undefined);
  tensor.writeStringField(8, text);
}

const tensorClass = 2;

function writeMetadata(plugin: string, metadata: PbfWriter): void {
  metadata.writeMessage(1, (name, data) => data.writeStringField(1, name), plugin);
  metadata.writeVarintField(4, tensorClass);
}

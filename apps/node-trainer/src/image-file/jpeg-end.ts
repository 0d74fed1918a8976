import { damaged } from './grey';

const endMarker = Buffer.from([0xff, 0xd9]);

/**
 * A JPEG file with its end marker, which is added if it is missing or replaced by something else although the scans before it
 * contain every pixel. Whether the last scan is truncated shows when it is decoded.
 *
 * @throws {TrainerError} `INVALID_DATA` when restart intervals are missing, which decoders ignore.
 * @see ITU-T T.81, "Digital compression and coding of continuous-tone still images", annexes B and G.
 */
export function withEnd(file: Buffer): Buffer {
  let frame: Frame | undefined;
  let interval = 0;
  let offset = 2;
  while (offset + 1 < file.length && file[offset] === 0xff) {
    const marker = file[offset + 1];
    if (marker === 0xd9) return file;
    // Any number of ff bytes may precede a marker.
    if (marker === 0xff) {
      offset++;
      continue;
    }
    if (marker < 0xc0 || offset + 4 > file.length) break;
    const next = offset + 2 + file.readUInt16BE(offset + 2);
    if (next > file.length) break;
    const segment = file.subarray(offset + 4, next);
    offset = next;
    if (marker >= 0xc0 && marker <= 0xc2 && segment.length >= 6) frame = new Frame(segment, marker === 0xc2);
    if (marker === 0xdd && segment.length >= 2) interval = segment.readUInt16BE(0);
    if (marker !== 0xda) continue;
    const { end, restarts } = skipScan(file, next);
    const units = frame?.scan(segment) ?? 0;
    if (interval > 0 && restarts < Math.ceil(units / interval) - 1)
      throw damaged('The JPEG file is truncated.');
    offset = end;
  }
  return frame?.isComplete ? Buffer.concat([file.subarray(0, offset), endMarker]) : file;
}

/** Where the compressed data end, at another marker or at the end of the file, and how many restart markers they contain. */
function skipScan(file: Buffer, start: number): { end: number; restarts: number } {
  let restarts = 0;
  for (let end = start; ; end++) {
    end = file.indexOf(0xff, end);
    if (end < 0) return { end: file.length, restarts };
    const next = file[end + 1];
    const isRestart = next >= 0xd0 && next <= 0xd7;
    // In the data, a byte ff is followed by 00.
    if (next !== 0 && !isRestart) return { end, restarts };
    restarts += Number(isRestart);
  }
}

interface Component {
  id: number;
  /** Its sampling factors. */
  horizontal: number;
  vertical: number;
  /** The position of the last bit known of each coefficient, or 255. */
  bits: Uint8Array;
}

/** How much of a frame its scans have provided. */
class Frame {
  readonly #components: Component[] = [];
  readonly #rows: number;
  readonly #columns: number;
  readonly #isProgressive: boolean;

  constructor(segment: Buffer, isProgressive: boolean) {
    this.#isProgressive = isProgressive;
    this.#rows = segment.readUInt16BE(1);
    this.#columns = segment.readUInt16BE(3);
    for (let at = 6; at + 3 <= segment.length; at += 3) {
      this.#components.push({
        id: segment[at],
        horizontal: segment[at + 1] >> 4,
        vertical: segment[at + 1] & 15,
        bits: new Uint8Array(64).fill(255),
      });
    }
  }

  /** Records a scan, and returns the number of its units, blocks or groups of blocks, by which restarts are counted. */
  scan(segment: Buffer): number {
    const ids = Array.from({ length: segment[0] }, (_, i) => segment[1 + 2 * i]);
    const scanned = this.#components.filter(({ id }) => ids.includes(id));
    const [first, last, bits] = this.#isProgressive ? segment.subarray(1 + 2 * ids.length) : [0, 63, 0];
    // The low half is the position of the last bit that the scan provides.
    for (const component of scanned) component.bits.fill(bits & 15, first, last + 1);

    const across = Math.max(...this.#components.map(({ horizontal }) => horizontal));
    const down = Math.max(...this.#components.map(({ vertical }) => vertical));
    if (scanned.length !== 1) return Math.ceil(this.#columns / 8 / across) * Math.ceil(this.#rows / 8 / down);
    const [{ horizontal, vertical }] = scanned;
    const blocks = (samples: number) => Math.ceil(Math.ceil(samples) / 8);
    return blocks((this.#columns * horizontal) / across) * blocks((this.#rows * vertical) / down);
  }

  /** Whether all bits of all coefficients have been provided. */
  get isComplete(): boolean {
    return this.#components.every(({ bits }) => bits.every((bit) => bit === 0));
  }
}

import { encode } from 'fast-png';

/** An image of gray (1 channel) or colored (3 channels) pixels, row by row. */
export interface Image {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** An image as an address that a page can contain. */
export const dataAddress = (image: Image): string =>
  `data:image/png;base64,${Buffer.from(encode({ ...image, depth: 8 })).toString('base64')}`;

import type { Normalization } from './normalization';

/** The roles of the four files of a data set. */
export type DatasetRole = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels';

/** One of the four IDX files of a data set, as published. */
export interface DatasetFile {
  /** The name of the uncompressed file; servers have it compressed, as `name` with `.gz`. */
  name: string;
  /** The dimensions of the array that it holds. */
  shape: readonly number[];
  /** The SHA-256 checksum of the uncompressed file, if known. */
  sha256?: string;
  /**
   * The size in bytes of the compressed file as published, if known, and its SHA-256 checksum, if that of the uncompressed
   * file is unknown.
   */
  gzip?: { bytes: number; sha256?: string };
}

/** A zip archive that holds the compressed files of a data set. */
export interface DatasetArchive {
  /** Where it is served: HTTPS addresses, tried in order. */
  urls: readonly string[];
  /** Its size in bytes. */
  bytes: number;
  /** Its SHA-256 checksum. */
  sha256: string;
  /** What precedes the names of the files in it: `'gzip/'`. */
  prefix: string;
}

/** Describes a data set: its files and where they are, their contents, and how to cite it. */
export interface DatasetDescription {
  /** Its identifier, such as `'fashion-mnist'`, for the command line and as the name of its folder in the cache. */
  name: string;
  /** Its display name. */
  title: string;
  /** The four files. */
  files: Readonly<Record<DatasetRole, DatasetFile>>;
  /** The rows and columns of an image. */
  imageShape: readonly [number, number];
  /** The number of classes. */
  classes: number;
  /** The names of the classes, in numerical order. */
  classNames: readonly string[];
  /** The mean and standard deviation of p/255 over the training images, to four decimals. */
  normalization: Readonly<Normalization>;
  /** The folders that serve the four compressed files: HTTPS addresses ending in `/`, tried in order. */
  mirrors: readonly string[];
  /** An archive of the files, preferred over the mirrors where it can be read, which is in Node. Default: none. */
  archive?: Readonly<DatasetArchive>;
  /** The number of the first class in the files. Default 0. */
  firstLabel?: number;
  /**
   * Whether the files store each image column by column, so that it has to be transposed; their headers give the rows and
   * columns of the upright images. Default false.
   */
  transposed?: boolean;
  /** The license and copyright of the data. */
  license: string;
  /** The publication to cite. */
  citation: string;
}

/** The size of an uncompressed file according to its description, in bytes: an IDX header, then the elements. */
export function uncompressedBytes({ name, shape }: DatasetFile): number {
  const elementBytes = name.endsWith('-int') ? 4 : 1;
  return 4 + 4 * shape.length + elementBytes * shape.reduce((product, dimension) => product * dimension, 1);
}

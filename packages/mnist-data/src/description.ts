import type { Normalization } from './normalization';

/** The roles of the four files of a data set. */
export type DatasetRole = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels';

/** One of the four IDX files of a data set, as it is published. */
export interface DatasetFile {
  /** The name of the uncompressed file; servers have it compressed, under `name` with `.gz`. */
  name: string;
  /** The dimensions of the array that it holds. */
  shape: readonly number[];
  /** The SHA-256 checksum of the uncompressed file, if it is known. */
  sha256?: string;
  /**
   * The size in bytes of the compressed file as it is published, if it is known, and its SHA-256 checksum, if that of
   * the uncompressed file is not.
   */
  gzip?: { bytes: number; sha256?: string };
}

/** A zip archive that holds the compressed files of a data set. */
export interface DatasetArchive {
  /** Where it is served, as HTTPS addresses that are tried in turn. */
  urls: readonly string[];
  /** Its size in bytes. */
  bytes: number;
  /** Its SHA-256 checksum. */
  sha256: string;
  /** What precedes the names of the files in it: `'gzip/'`. */
  prefix: string;
}

/** What a data set is: its files and where they are, what is in them, and how to cite it. */
export interface DatasetDescription {
  /** Its identifier, such as `'fashion-mnist'`: on the command line, and the name of its folder in the cache. */
  name: string;
  /** Its name as people write it. */
  title: string;
  /** The four files. */
  files: Readonly<Record<DatasetRole, DatasetFile>>;
  /** The rows and columns of an image. */
  imageShape: readonly [number, number];
  /** The number of classes. */
  classes: number;
  /** What each class stands for, in numerical order. */
  classNames: readonly string[];
  /** The mean and standard deviation of p/255 over the training images, to four decimals. */
  normalization: Readonly<Normalization>;
  /** Folders that serve the four compressed files, as HTTPS addresses ending in `/` that are tried in turn. */
  mirrors: readonly string[];
  /** An archive of the files, preferred to the mirrors where it can be read: in Node. Default: none. */
  archive?: Readonly<DatasetArchive>;
  /** The number that the files give the first class. Default 0. */
  firstLabel?: number;
  /**
   * Whether the files hold each image column by column, so that it has to be transposed; their headers give the rows and
   * columns of the upright images. Default false.
   */
  transposed?: boolean;
  /** The license of the data, and whose it is. */
  license: string;
  /** The publication to cite. */
  citation: string;
}

/** The size of an uncompressed file by its description, in bytes: an IDX header, then the elements. */
export function uncompressedBytes({ name, shape }: DatasetFile): number {
  const elementBytes = name.endsWith('-int') ? 4 : 1;
  return 4 + 4 * shape.length + elementBytes * shape.reduce((product, dimension) => product * dimension, 1);
}

import type { Normalisation } from './normalisation';

/** The role of each of the four files of a data set. */
export type DatasetRole = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels';

/** One of the four IDX files of a data set, as it is published. */
export interface DatasetFile {
  /** The name of the uncompressed file; what is served is `name` with `.gz`. */
  name: string;
  /** The dimensions of the array that it holds. */
  shape: readonly number[];
  /** The SHA-256 checksum of the uncompressed file, where it is known. */
  sha256?: string;
  /**
   * The size in bytes of the compressed file as it is published, where it is known, and its SHA-256 checksum, where
   * that of the uncompressed file is not.
   */
  gzip?: { bytes: number; sha256?: string };
}

/** A zip archive that holds the compressed files of a data set. */
export interface DatasetArchive {
  /** Where it is served, each an HTTPS address; tried in turn. */
  urls: readonly string[];
  /** Its size in bytes. */
  bytes: number;
  /** Its SHA-256 checksum. */
  sha256: string;
  /** What comes before the names of the files in it: `'gzip/'`. */
  prefix: string;
}

/** What a data set is: its files and where they are, what is in them, and how to cite it. */
export interface DatasetDescription {
  /** As `'fashion-mnist'`: on the command line, and the name of its folder in the cache. */
  name: string;
  /** As people write it. */
  title: string;
  /** The four files. */
  files: Readonly<Record<DatasetRole, DatasetFile>>;
  /** The rows and columns of an image. */
  imageShape: readonly [number, number];
  /** The number of classes. */
  classes: number;
  /** What each class stands for, in the order of their numbers. */
  classNames: readonly string[];
  /** The mean and the deviation of p/255 over the training images, to four decimals. */
  normalisation: Readonly<Normalisation>;
  /** Folders that serve the four compressed files, each an HTTPS address ending in `/`; tried in turn. */
  mirrors: readonly string[];
  /** An archive of the files, taken before the mirrors where it can be: in Node. Default: none. */
  archive?: Readonly<DatasetArchive>;
  /** The number that the files give the first class. Default 0. */
  firstLabel?: number;
  /**
   * Whether the files hold each image column by column, so that it has to be transposed; their headers tell the rows and
   * columns of the upright images. Default false.
   */
  transposed?: boolean;
  /** The licence of the data, and whose it is. */
  licence: string;
  /** The publication to cite. */
  citation: string;
}

/** The bytes of an uncompressed file as its description has it: an IDX header, then the elements. */
export function uncompressedBytes({ name, shape }: DatasetFile): number {
  const elementBytes = name.endsWith('-int') ? 4 : 1;
  return 4 + 4 * shape.length + elementBytes * shape.reduce((product, dimension) => product * dimension, 1);
}

/** What a trial goes on from on another machine. */
export interface TrialCheckpoint {
  /** What computed it. */
  readonly level: string;
  /** The model file of the last epoch, or of a step after it. */
  readonly last: Uint8Array;
  /** That of the best epoch, which may be an earlier one; undefined before the end of the first. */
  readonly best: Uint8Array | undefined;
}

/** What stands for the size of the best model's file if it is that of the last. */
const same = 'same';

/** A checkpoint in one piece: a line with the level and the size of the best model's file, then that file and the last one. */
export function packed({ level, last, best }: TrialCheckpoint): Uint8Array {
  const isSame = best !== undefined && Buffer.from(best).equals(last);
  const header = Buffer.from(`${level}\t${isSame ? same : (best?.length ?? 0)}\n`);
  return Buffer.concat([header, ...(best === undefined || isSame ? [] : [best]), last]);
}

/** The parts of a packed checkpoint; undefined if it is none. */
export function unpacked(file: Uint8Array): TrialCheckpoint | undefined {
  const end = file.indexOf(10);
  const [, level, size] =
    /^(.*)\t(same|\d+)$/.exec(Buffer.from(file.subarray(0, Math.max(end, 0))).toString()) ?? [];
  if (level === undefined) return undefined;
  const files = file.subarray(end + 1);
  if (size === same) return { level, last: files, best: files };
  const length = Number(size);
  if (length > files.length) return undefined;
  return { level, last: files.subarray(length), best: length === 0 ? undefined : files.subarray(0, length) };
}

/** What the system calls an error, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EBUSY: 'another program has it open',
  EDQUOT: 'the disk quota is exceeded',
  EEXIST: 'there is a file of that name',
  EIO: 'the device does not answer',
  EISDIR: 'it is a folder',
  ENOENT: 'it does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
};

/** Why an operation of the file system failed, in words. */
export function reason(error: unknown): string {
  return reasons[codeOf(error) ?? ''] ?? (error as Error).message;
}

/** The system's code of an error, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EBUSY: 'another program has it open',
  EDQUOT: 'the disk quota is exceeded',
  EEXIST: 'there is a file with that name',
  EIO: 'the device does not respond',
  EISDIR: 'it is a folder',
  ENOENT: 'it does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'part of the path is a file, not a folder',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
};

/** Why a file system operation failed, in words. */
export function reason(error: unknown): string {
  return reasons[codeOf(error) ?? ''] ?? (error as Error).message;
}

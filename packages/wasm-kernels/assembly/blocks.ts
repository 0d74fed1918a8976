/** The values that a kernel takes at a time through several passes: 4 KiB, which stay in the first-level cache. */
export const BLOCK = 1024;

/** The bytes of a block. */
export const BLOCK_BYTES: usize = BLOCK << 2;

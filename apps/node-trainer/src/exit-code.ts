/** What the process exits with. */
export const ExitCode = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** The user has ended it; what was done so far is kept. */
export class Interrupted extends Error {}

/** Wrong usage that shows only once the options are looked at together. */
export class UsageError extends Error {}

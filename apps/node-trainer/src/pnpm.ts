/** How the README has everybody run pnpm, which need not be installed. */
export const pnpm = 'npx --yes pnpm@10';

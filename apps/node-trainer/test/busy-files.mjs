// Stands in, by `node --import`, for a program that has files open for a moment, as on Windows: renaming to each path that
// matches BUSY is refused BUSY_TIMES times.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { rename } = fs;
const { BUSY, BUSY_TIMES = '1', BUSY_CODE = 'EPERM' } = process.env;
/** How often a path has been refused. */
const refusals = new Map();
fs.rename = async (from, to) => {
  const times = refusals.get(to) ?? 0;
  if (new RegExp(BUSY).test(to) && times < Number(BUSY_TIMES)) {
    refusals.set(to, times + 1);
    throw Object.assign(new Error(`${BUSY_CODE}: operation not permitted, rename`), { code: BUSY_CODE });
  }
  return rename(from, to);
};
syncBuiltinESMExports();

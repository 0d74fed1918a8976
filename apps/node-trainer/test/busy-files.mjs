// Stands in, by `node --import`, for a program that has files open for a moment, as on Windows: renaming to a path that
// matches BUSY is refused BUSY_TIMES times.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { rename } = fs;
const { BUSY, BUSY_TIMES = '1', BUSY_CODE = 'EPERM' } = process.env;
let refusals = 0;
fs.rename = async (from, to) => {
  if (new RegExp(BUSY).test(to) && refusals++ < Number(BUSY_TIMES))
    throw Object.assign(new Error(`${BUSY_CODE}: operation not permitted, rename`), { code: BUSY_CODE });
  return rename(from, to);
};
syncBuiltinESMExports();

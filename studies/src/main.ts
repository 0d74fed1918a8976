import { conduct } from './conduct';
import { parseOptions } from './options';
import { studies } from './studies';

const options = parseOptions(process.argv, studies);
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
try {
  await conduct(options);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

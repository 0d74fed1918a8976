/** Node options that would make every child process wait for a debugger, or take its port. */
const inspector = /^--(inspect|debug)(-|=|$)/;
/** The options whose value may be the next word. */
const withValue = /^--(inspect-port|debug-port|inspect-publish-uid)$/;

/** The environment for child processes: without a debugger and without telemetry. */
export function childEnvironment() {
  const { NODE_OPTIONS = '', ...environment } = process.env;
  const words = NODE_OPTIONS.split(/\s+/).filter((word) => word !== '');
  const options = words.filter((word, i) => !inspector.test(word) && !withValue.test(words[i - 1] ?? ''));
  return {
    ...environment,
    ...(options.length > 0 && { NODE_OPTIONS: options.join(' ') }),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
  };
}

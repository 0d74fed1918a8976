/**
 * Ends this process as a termination request would, once the package manager that runs it is gone: if it is killed by a
 * signal that it does not forward, it would leave this process running. Windows does not report this.
 */
export function endWithParent() {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32' || parent === 1) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 1000);
  timer.unref();
}

import { isMade } from '../dataset';
import type { ImageLoader } from '../image-loader';
import type { Session } from '../session';
import { megabytes } from './format';

/** The progress of loading the images, and any problem. */
export function Loading({ loader, session }: { loader: ImageLoader; session: Session }) {
  const { received, total, complete, problem } = loader;
  // The last of several lines is advice for page authors.
  const isNeeded = !isMade(session.data.value.dataset);
  const lines = problem.value?.split('\n') ?? [];
  const reason = (lines.length > 1 ? lines.slice(0, -1) : lines).join(' ');
  return (
    <>
      {isNeeded && problem.value !== undefined && (
        <div class="problem" role="alert">
          <p>
            <strong>The images could not be loaded.</strong> {reason}
          </p>
          <button type="button" onClick={() => void loader.load()}>
            Try again
          </button>
        </div>
      )}
      {isNeeded && !complete.value && problem.value === undefined && (
        <div class="loading">
          <label for="loading-bar">
            Loading MNIST, 70,000 images: {megabytes(received.value)} of {megabytes(total)} MB. Training can
            already start.
          </label>
          <progress id="loading-bar" max={total} value={received.value} />
        </div>
      )}
      {session.problem.value !== undefined && (
        <div class="problem" role="alert">
          <p>{session.problem.value}</p>
        </div>
      )}
    </>
  );
}

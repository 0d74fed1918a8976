import { useSignal } from '@preact/signals';
import type { ComponentProps } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Learned } from './learned';

/** {@link Learned}, whose code is loaded when it is first shown: visitors who stay with MNIST do not need it. */
export function LearnedLater(props: ComponentProps<typeof Learned>) {
  const loaded = useSignal<typeof Learned | undefined>(undefined);
  const { problem } = props.session;
  useEffect(() => {
    import('./learned').then(
      ({ Learned }) => {
        loaded.value = Learned;
      },
      () => {
        problem.value = 'A part of this page could not be loaded. Reload the page.';
      },
    );
  }, [loaded, problem]);
  const Component = loaded.value;
  return Component === undefined ? null : <Component {...props} />;
}

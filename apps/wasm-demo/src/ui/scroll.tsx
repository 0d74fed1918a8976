import type { ComponentChildren, Ref } from 'preact';

/** Content that may be larger than its container; it can also be scrolled with the keyboard. */
export function Scroll({
  label,
  class: extra = '',
  place,
  children,
}: {
  label: string;
  class?: string;
  place?: Ref<HTMLElement>;
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without focus, it could not be scrolled with the keyboard.
    <section class={`scroll ${extra}`} aria-label={label} tabIndex={0} ref={place}>
      {children}
    </section>
  );
}

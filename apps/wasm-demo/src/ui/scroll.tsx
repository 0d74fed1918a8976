import type { ComponentChildren, Ref } from 'preact';

/** What may be larger than its place; it can be scrolled by keys, too. */
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
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without focus, it could not be scrolled by keys.
    <section class={`scroll ${extra}`} aria-label={label} tabIndex={0} ref={place}>
      {children}
    </section>
  );
}

import type { ComponentChildren } from 'preact';

/** A titled part of the page, with a short description. */
export function Panel({
  id,
  title,
  about,
  aside,
  children,
}: {
  id: string;
  title: string;
  about?: ComponentChildren;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="panel" id={id} aria-labelledby={`${id}-title`}>
      <div class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside}
      </div>
      {about !== undefined && <p class="about">{about}</p>}
      {children}
    </section>
  );
}

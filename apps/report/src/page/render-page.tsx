import { version } from '@harmonic-mlp/node-trainer';
import { renderToString } from 'preact-render-to-string';
import type { Report } from './report';

/** What every page contains. */
export interface Assets {
  script: string;
  style: string;
}

/** The page of a report: one file that needs no other. */
export function renderPage(report: Report, { script, style }: Assets, now: Date): string {
  const { title, subtitle, place, problems, charts, body } = report;
  const page = renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content={`Harmonic MLP ${version}`} />
        <title>{title}</title>
        <link rel="icon" href="data:," />
        <Raw tag="style" text={style} />
      </head>
      <body>
        <header>
          <h1>{title}</h1>
          <p class="subtitle">{subtitle}</p>
          <p class="place">{place}</p>
        </header>
        <main>
          {problems.length > 0 && (
            <section class="problems" aria-label="Problems">
              <h2>
                {problems.length === 1 ? 'A file has a problem' : `${problems.length} problems with files`}
              </h2>
              <ul>
                {problems.map((problem) => (
                  <li key={problem}>{problem}</li>
                ))}
              </ul>
            </section>
          )}
          <noscript>
            <p>The charts need JavaScript; all else is here.</p>
          </noscript>
          {body}
        </main>
        <footer>
          Written{' '}
          <time dateTime={now.toISOString()}>{now.toISOString().slice(0, 16).replace('T', ' ')} UTC</time> by
          Harmonic MLP {version}. Charts by Apache ECharts.
        </footer>
        <Raw
          tag="script"
          type="application/json"
          id="charts"
          text={JSON.stringify(Object.fromEntries(charts.map((chart) => [chart.name, chart])))}
        />
        <Raw tag="script" text={script} />
      </body>
    </html>,
  );
  return `<!doctype html>\n${page}\n`;
}

/** An element whose content is not HTML. */
function Raw({
  tag: Tag,
  text,
  ...attributes
}: {
  tag: 'script' | 'style';
  text: string;
  type?: string;
  id?: string;
}) {
  // No text may end the element, or start what browsers take for a comment.
  const __html = text.replaceAll(/<(?=\/(?:script|style)|!--|script)/gi, Tag === 'style' ? '\\3c ' : '\\x3c');
  const json = attributes.type === undefined ? __html : text.replaceAll('<', '\\u003c');
  return <Tag {...attributes} dangerouslySetInnerHTML={{ __html: json }} />;
}

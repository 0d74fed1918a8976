export { type Assets, renderPage } from './render-page';
export type { Report } from './report';
export { runReport } from './run-page';
export { runsReport } from './runs-page';
export { sweepReport } from './sweep-page';

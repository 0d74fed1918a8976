import 'uplot/dist/uPlot.min.css';
import './style.css';
import { render } from 'preact';
import { openDemo } from './demo';
import { whatIsMissing } from './support';
import { App } from './ui/app';

const place = document.getElementById('app')!;
const missing = whatIsMissing();
if (missing === undefined) render(<App demo={openDemo()} />, place);
else
  render(
    <main class="sentence">
      <h1>Harmonic MLP</h1>
      <p role="alert">{missing}</p>
    </main>,
    place,
  );

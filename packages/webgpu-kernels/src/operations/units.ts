import { joinUnits, splitUnits, staf, stafGradient, stafTermGradients } from '@harmonic-mlp/core';
import { float, type Given, input, output, sizeOf } from '../lowering';
import { defineShader, groupsFor, perElement, sumOverGroup } from '../shader';
import { waves } from '../waves';
import { elementwise, kernelOf } from './operation-kernel';

const splitShader = /* @__PURE__ */ perElement({
  name: 'SplitUnits',
  reads: ['x'],
  writes: ['a', 'b'],
  parameters: { units: 'u32', first: 'u32' },
  body: `let row = i / params.units;
  let unit = i % params.units;
  if (unit < params.first) { a[row * params.first + unit] = x[i]; }
  else { b[row * (params.units - params.first) + unit - params.first] = x[i]; }`,
});

const joinShader = /* @__PURE__ */ perElement({
  name: 'JoinUnits',
  reads: ['a', 'b'],
  writes: ['y'],
  parameters: { units: 'u32', first: 'u32' },
  body: `let row = i / params.units;
  let unit = i % params.units;
  if (unit < params.first) { y[i] = a[row * params.first + unit]; }
  else { y[i] = b[row * (params.units - params.first) + unit - params.first]; }`,
});

const stafReads = ['z', 'frequencies', 'phases', 'amplitudes'];

const stafShader = /* @__PURE__ */ perElement({
  name: 'Staf',
  reads: stafReads,
  writes: ['y'],
  parameters: { terms: 'u32' },
  declarations: waves,
  body: `var sum = 0.0;
  for (var k = 0u; k < params.terms; k++) { sum += amplitudes[k] * sine(z[i] * frequencies[k] + phases[k]); }
  y[i] = sum;`,
});

const stafGradientShader = /* @__PURE__ */ perElement({
  name: 'StafGradient',
  reads: ['dy', ...stafReads],
  writes: ['y'],
  parameters: { terms: 'u32' },
  declarations: waves,
  body: `var sum = 0.0;
  for (var k = 0u; k < params.terms; k++) {
    sum += (amplitudes[k] * frequencies[k]) * cosine(z[i] * frequencies[k] + phases[k]);
  }
  y[i] = dy[i] * sum;`,
});

const stafTermShader = /* @__PURE__ */ defineShader({
  name: 'StafTermGradients',
  reads: ['dy', ...stafReads],
  writes: ['ofFrequencies', 'ofPhases', 'ofAmplitudes'],
  parameters: { count: 'u32' },
  declarations: `${waves}${sumOverGroup}`,
  body: `
  let k = group.x;
  let frequency = frequencies[k];
  let phase = phases[k];
  var sums = vec3f();
  for (var i = local.x; i < params.count; i += 256u) {
    let angle = z[i] * frequency + phase;
    let c = dy[i] * cosine(angle);
    sums += vec3f(c * z[i], c, dy[i] * sine(angle));
  }
  let ofFrequency = sumOverGroup(sums.x, local.x);
  let ofPhase = sumOverGroup(sums.y, local.x);
  let ofAmplitude = sumOverGroup(sums.z, local.x);
  if (local.x == 0u) {
    ofFrequencies[k] = amplitudes[k] * ofFrequency;
    ofPhases[k] = amplitudes[k] * ofPhase;
    ofAmplitudes[k] = ofAmplitude;
  }`,
});

const terms = ({ inputs }: Given<object>) => ({ terms: inputs.frequencies.shape[0] });

/** Parts of the units, and activations that are sums of waves. */
export const unitKernels = [
  kernelOf(splitUnits, ({ inputs, attributes: { first } }) => {
    const [batch, units] = inputs.x.shape;
    const count = sizeOf(inputs.x);
    return {
      outputs: [float([batch, first]), float([batch, units - first])],
      dispatches: [
        {
          shader: splitShader,
          buffers: [input('x'), output(0), output(1)],
          parameters: { count, units, first },
          groups: groupsFor(count),
        },
      ],
    };
  }),
  kernelOf(joinUnits, ({ inputs }: Given<object>) => {
    const [batch, first] = inputs.first.shape;
    const units = first + inputs.second.shape[1];
    return {
      outputs: [float([batch, units])],
      dispatches: [
        {
          shader: joinShader,
          buffers: [input('first'), input('second'), output(0)],
          parameters: { count: batch * units, units, first },
          groups: groupsFor(batch * units),
        },
      ],
    };
  }),
  kernelOf(staf, elementwise(stafShader, stafReads, terms)),
  kernelOf(stafGradient, elementwise(stafGradientShader, ['dy', ...stafReads], terms)),
  kernelOf(stafTermGradients, ({ inputs }: Given<object>) => {
    const [count] = inputs.frequencies.shape;
    const vector = float([count]);
    return {
      outputs: [vector, vector, vector],
      dispatches: [
        {
          shader: stafTermShader,
          buffers: [...['dy', ...stafReads].map(input), ...[0, 1, 2].map(output)],
          parameters: { count: sizeOf(inputs.z) },
          groups: [count, 1],
        },
      ],
    };
  }),
];

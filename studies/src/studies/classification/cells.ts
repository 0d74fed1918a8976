import type { SettingValues } from 'harmonic-mlp/settings';
import type { Axes } from 'harmonic-mlp/sweep';

/** A kind of network. */
export interface Cell {
  /** Its name in files. */
  readonly name: string;
  /** Its name in tables. */
  readonly title: string;
  /** What all its networks have in common. */
  readonly settings: SettingValues;
  /** What is tuned, besides what is tuned of all networks; none for a network that is taken as published. */
  readonly axes?: Axes;
}

/** The periods that are compared: short, long, and spread over octaves. The inputs of a unit vary by about 1. */
const periods = ['constant:4', 'constant:8', 'linear:3,12', 'geometric:2,64'];

/** What is tuned of every network, so that none has an advantage. */
export const commonAxes: Axes = {
  learningRate: { from: 7e-4, to: 5e-3, scale: 'log' },
  norm: ['before', 'after'],
  dropout: [0, 0.1, 0.2],
  noise: [0, 0.15, 0.3],
  inputNoise: [0.3, 0.45, 0.6, 0.75],
  labelSmoothing: [0, 0.05, 0.1],
  // The longest is no limit.
  maxNorm: [4, 100],
};

const harmonic = { periods: [...periods, 'capped:1,5'], residual: [0, 0.1] };

/** The networks without periodic units, with which the others are compared. */
export const baselines: readonly Cell[] = [
  { name: 'relu', title: 'ReLU', settings: { activation: 'relu' }, axes: {} },
  { name: 'gelu', title: 'GELU', settings: { activation: 'gelu' }, axes: {} },
];

/** The networks with periodic units that are tuned. */
export const periodic: readonly Cell[] = [
  {
    name: 'sine-relu',
    title: 'ReLU + sine',
    settings: { activation: 'sine-relu' },
    axes: { periods, amplitude: [0.25, 0.5, 1] },
  },
  {
    name: 'harmonic-phase',
    title: 'harmonic with a phase',
    settings: { activation: 'harmonic-phase' },
    axes: { periods, residual: [0, 0.1] },
  },
  {
    name: 'harmonic-gelu',
    title: 'harmonic and GELU units',
    settings: { activation: 'harmonic-gelu' },
    axes: { periods, share: [0.25, 0.5] },
  },
  {
    name: 'harmonic-relu',
    title: 'harmonic and ReLU units',
    settings: { activation: 'harmonic-relu' },
    axes: { periods, share: [0.25, 0.5] },
  },
  {
    name: 'harmonic',
    title: 'harmonic',
    settings: { activation: 'harmonic' },
    axes: harmonic,
  },
  {
    name: 'harmonic-gradient',
    title: 'harmonic, gradients scaled',
    settings: { activation: 'harmonic', freqScale: 'gradient', freqScaleFactor: 0.1 },
    axes: harmonic,
  },
  {
    name: 'harmonic-update',
    title: 'harmonic, updates scaled',
    settings: { activation: 'harmonic', freqScale: 'update', freqScaleFactor: 0.1 },
    axes: harmonic,
  },
  { name: 'fan', title: 'FAN', settings: { activation: 'fan' }, axes: { share: [0.1, 0.25] } },
  {
    name: 'snake',
    title: 'Snake',
    settings: { activation: 'snake' },
    axes: { frequency: [0.5, 1, 2] },
  },
];

/** The network that is taken as it was published. */
export const published: Cell = {
  name: 'published',
  title: 'as published',
  settings: { schedule: 'plateau', freqScale: 'gradient', freqScaleFactor: 0.1 },
};

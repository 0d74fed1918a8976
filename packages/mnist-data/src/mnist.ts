import type { DatasetDescription } from './description';

/** MNIST: 70,000 handwritten digits. */
export const mnist = {
  name: 'mnist',
  title: 'MNIST',
  files: {
    trainImages: {
      name: 'train-images-idx3-ubyte',
      shape: [60000, 28, 28],
      sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      gzip: { bytes: 9912422 },
    },
    trainLabels: {
      name: 'train-labels-idx1-ubyte',
      shape: [60000],
      sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      gzip: { bytes: 28881 },
    },
    testImages: {
      name: 't10k-images-idx3-ubyte',
      shape: [10000, 28, 28],
      sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      gzip: { bytes: 1648877 },
    },
    testLabels: {
      name: 't10k-labels-idx1-ubyte',
      shape: [10000],
      sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
      gzip: { bytes: 4542 },
    },
  },
  imageShape: [28, 28],
  classes: 10,
  classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  normalization: { mean: 0.1307, std: 0.3081 },
  mirrors: [
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
    'https://storage.googleapis.com/cvdf-datasets/mnist/',
  ],
  license: 'CC BY-SA 3.0; copyright Yann LeCun and Corinna Cortes; derived from databases of NIST',
  citation:
    'Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition", Proceedings of the IEEE 86(11), 2278–2324, 1998',
} as const satisfies DatasetDescription;

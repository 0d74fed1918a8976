import type { DatasetDescription, DatasetFile, DatasetRole } from './description';
import { mnist } from './mnist';

// The checksums and sizes of compressed files and of the archive are those recorded by TensorFlow Datasets; the checksums of
// uncompressed files were computed from the published files themselves.

const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

// The calls are marked pure, so that bundlers drop those that a page does not use.

/** Fashion-MNIST: 70,000 pictures of clothes in MNIST's format, which are harder to classify. */
export const fashionMnist: DatasetDescription = /* @__PURE__ */ likeMnist({
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  sums: {
    trainImages: {
      sha256: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      gzip: { bytes: 26421880 },
    },
    trainLabels: {
      sha256: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      gzip: { bytes: 29515 },
    },
    testImages: {
      sha256: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      gzip: { bytes: 4422102 },
    },
    testLabels: {
      sha256: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
      gzip: { bytes: 5148 },
    },
  },
  classNames: [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ],
  normalization: { mean: 0.286, std: 0.353 },
  mirrors: [
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    'https://fashion-mnist.s3.eu-central-1.amazonaws.com/',
  ],
  license: 'MIT; copyright Zalando SE',
  citation:
    'H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", arXiv:1708.07747, 2017',
});

/** Kuzushiji-MNIST: 70,000 cursive hiragana from old Japanese books, one for each of ten rows of the syllabary. */
export const kmnist: DatasetDescription = /* @__PURE__ */ likeMnist({
  name: 'kmnist',
  title: 'KMNIST',
  sums: {
    trainImages: {
      gzip: { bytes: 18165135, sha256: '51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4' },
    },
    trainLabels: {
      gzip: { bytes: 29497, sha256: 'e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17' },
    },
    testImages: {
      gzip: { bytes: 3041136, sha256: 'edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5' },
    },
    testLabels: {
      gzip: { bytes: 5120, sha256: '20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c' },
    },
  },
  classNames: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
  normalization: { mean: 0.1918, std: 0.3483 },
  mirrors: ['https://codh.rois.ac.jp/kmnist/dataset/kmnist/'],
  license:
    'CC BY-SA 4.0; KMNIST Dataset (created by CODH), adapted from Kuzushiji Dataset (created by NIJL and others), doi:10.20676/00000341',
  citation:
    'T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto and D. Ha, "Deep learning for classical Japanese literature", arXiv:1812.01718, 2018',
});

/** QMNIST: MNIST rebuilt from NIST's scans, with all 60,000 test images; the first 10,000 are MNIST's. */
export const qmnist: DatasetDescription = /* @__PURE__ */ likeMnist({
  name: 'qmnist',
  title: 'QMNIST',
  files: {
    trainImages: {
      name: 'qmnist-train-images-idx3-ubyte',
      shape: [60000, 28, 28],
      gzip: { bytes: 9704059, sha256: '9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d' },
    },
    trainLabels: {
      name: 'qmnist-train-labels-idx2-int',
      shape: [60000, 8],
      gzip: { bytes: 463024, sha256: '2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f' },
    },
    testImages: {
      name: 'qmnist-test-images-idx3-ubyte',
      shape: [60000, 28, 28],
      gzip: { bytes: 9742279, sha256: '43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375' },
    },
    testLabels: {
      name: 'qmnist-test-labels-idx2-int',
      shape: [60000, 8],
      gzip: { bytes: 526800, sha256: '9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06' },
    },
  },
  mirrors: ['https://raw.githubusercontent.com/facebookresearch/qmnist/master/'],
  license: 'BSD 3-Clause; copyright Facebook, Inc.',
  citation:
    'C. Yadav and L. Bottou, "Cold case: the lost MNIST digits", Advances in Neural Information Processing Systems 32, 2019',
});

/** EMNIST letters: 145,600 handwritten letters, with upper and lower case in one class. */
export const emnistLetters: DatasetDescription = /* @__PURE__ */ likeEmnist('letters', {
  name: 'emnist-letters',
  title: 'EMNIST letters',
  training: 124800,
  test: 20800,
  characters: [capitals],
  // The files number the letters from 1.
  firstLabel: 1,
  normalization: { mean: 0.1722, std: 0.3309 },
});

/**
 * EMNIST balanced: 131,600 handwritten digits and letters, with lowercase letters that look like capitals grouped with the
 * capitals.
 */
export const emnistBalanced: DatasetDescription = /* @__PURE__ */ likeEmnist('balanced', {
  name: 'emnist-balanced',
  title: 'EMNIST balanced',
  training: 112800,
  test: 18800,
  characters: ['0123456789', capitals, 'abdefghnqrt'],
  normalization: { mean: 0.1751, std: 0.3332 },
});

/** All data sets known by name. */
export const datasets: readonly DatasetDescription[] = [
  mnist,
  fashionMnist,
  kmnist,
  qmnist,
  emnistLetters,
  emnistBalanced,
];

export { mnist };

/** MNIST's description with some parts replaced; `sums` are added to the files, whose names and shapes stay the same. */
function likeMnist({
  sums,
  ...own
}: Omit<Partial<DatasetDescription>, 'name' | 'title'> & {
  name: string;
  title: string;
  sums?: Record<DatasetRole, Omit<DatasetFile, 'name' | 'shape'>>;
}): DatasetDescription {
  const { trainImages, trainLabels, testImages, testLabels } = mnist.files;
  const file = ({ name, shape }: DatasetFile, role: DatasetRole) => ({ name, shape, ...sums?.[role] });
  const files = {
    trainImages: file(trainImages, 'trainImages'),
    trainLabels: file(trainLabels, 'trainLabels'),
    testImages: file(testImages, 'testImages'),
    testLabels: file(testLabels, 'testLabels'),
  };
  return { ...mnist, files, ...own };
}

function likeEmnist(
  split: string,
  {
    training,
    test,
    characters,
    ...own
  }: Pick<DatasetDescription, 'name' | 'title' | 'firstLabel' | 'normalization'> & {
    training: number;
    test: number;
    characters: string[];
  },
): DatasetDescription {
  const classNames = [...characters.join('')];
  const file = (part: string, count: number, kind: 'images' | 'labels'): DatasetFile =>
    kind === 'images'
      ? { name: `emnist-${split}-${part}-images-idx3-ubyte`, shape: [count, 28, 28] }
      : { name: `emnist-${split}-${part}-labels-idx1-ubyte`, shape: [count] };
  return {
    ...mnist,
    ...own,
    files: {
      trainImages: file('train', training, 'images'),
      trainLabels: file('train', training, 'labels'),
      testImages: file('test', test, 'images'),
      testLabels: file('test', test, 'labels'),
    },
    classes: classNames.length,
    classNames,
    mirrors: [`https://huggingface.co/datasets/Royc30ne/emnist-${split}/resolve/main/`],
    // NIST's archive is 562 MB, but its checksum is known; those of the copies of individual files are not.
    archive: {
      urls: [
        'https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip',
        'https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip',
      ],
      bytes: 561753746,
      sha256: 'fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e',
      prefix: 'gzip/',
    },
    transposed: true,
    license:
      'none is stated; derived from Special Database 19 of NIST, an agency of the United States government',
    citation:
      'G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: extending MNIST to handwritten letters", International Joint Conference on Neural Networks, 2921–2926, 2017',
  };
}

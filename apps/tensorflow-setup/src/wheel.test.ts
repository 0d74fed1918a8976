import { expect, it } from 'vitest';
import { wanted } from './wheel';

it("takes of TensorFlow's wheel its library and the C headers", () => {
  const taken = [
    'tensorflow/libtensorflow_cc.so.2',
    'tensorflow/libtensorflow_framework.so.2',
    'tensorflow/include/tensorflow/c/eager/c_api.h',
    'tensorflow/include/tensorflow/core/platform/ctstring_internal.h',
    'tensorflow/include/tsl/platform/ctstring.h',
    'tensorflow/include/xla/tsl/c/tsl_status.h',
  ];
  expect(taken.filter((name) => wanted.test(name))).toEqual(taken);
  const left = [
    'tensorflow/python/_pywrap_tfe.so',
    'tensorflow/include/Eigen/Core',
    'tensorflow/__init__.py',
    '../tensorflow/libtensorflow_cc.so.2',
    'tensorflow/include/tensorflow/core/framework/tensor.h',
  ];
  expect(left.filter((name) => wanted.test(name))).toEqual([]);
});

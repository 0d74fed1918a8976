import { replacementBy } from '../kernel';
import { conv2D, conv2DBackpropFilter, conv2DBackpropInput, fusedConv2D } from './conv2d';
import {
  depthwiseConv2dNative,
  depthwiseConv2dNativeBackpropFilter,
  depthwiseConv2dNativeBackpropInput,
  fusedDepthwiseConv2D,
} from './depthwise-conv2d';
import { fusedBatchNorm } from './fused-batch-norm';
import { gather } from './gather';
import { identity } from './identity';
import { batchMatMul, fusedMatMul } from './mat-mul';
import { avgPoolGrad, maxPoolGrad } from './pool-gradients';
import { sum } from './sum';
import { tile } from './tile';
import { cosine, sine, squareRoot } from './unary';
import { unsortedSegmentSum } from './unsorted-segment-sum';

/** The replacements of tfjs's own kernels. */
export const stockKernels = [
  batchMatMul,
  fusedMatMul,
  sine,
  cosine,
  squareRoot,
  identity,
  gather,
  sum,
  tile,
  conv2D,
  fusedConv2D,
  conv2DBackpropInput,
  conv2DBackpropFilter,
  depthwiseConv2dNative,
  fusedDepthwiseConv2D,
  depthwiseConv2dNativeBackpropInput,
  depthwiseConv2dNativeBackpropFilter,
  maxPoolGrad,
  avgPoolGrad,
  unsortedSegmentSum,
  fusedBatchNorm,
].map(replacementBy);

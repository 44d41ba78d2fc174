/**
 * `kronograd`: everything in one import.
 *
 * Where an op and a layer have one name (`relu`), the layer's maker is exported here and the op is in `ops`
 * (`ops.relu(x)`).
 */

import "@kronograd/tensor/fluent";

export * from "@kronograd/autograd";
export * from "@kronograd/data";
export * from "@kronograd/data/node";
export * from "@kronograd/layers";
export {
  avgPool2d,
  elu,
  gelu,
  globalAvgPool2d,
  leakyRelu,
  maxPool2d,
  relu,
  sigmoid,
  silu,
  softmax,
  softmaxCrossEntropy,
  softplus,
  tanh,
} from "@kronograd/layers";
export * from "@kronograd/linalg";
export * from "@kronograd/optimizers";
export type { PairLike, Range } from "@kronograd/tensor";
export * from "@kronograd/tensor";
export * as ops from "@kronograd/tensor";
export * as e from "@kronograd/tensor/expression";
export * from "@kronograd/train";
export { createDevice, listBackends } from "./create-device.ts";

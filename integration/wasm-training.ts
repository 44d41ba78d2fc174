/** Two training steps of the benchmark's four nets, which must run no reference loop. */

import "@kronograd/backend-wasm";
import { defineDataset } from "@kronograd/data";
import { type Layer, leNet, mlp, parameters, resNet20, softmaxCrossEntropy, vgg } from "@kronograd/layers";
import { adam, kfac, type Optimizer, sgd, skfac } from "@kronograd/optimizers";
import { createDevice, type Device, Rng } from "@kronograd/tensor";
import { fit as train } from "@kronograd/train";

const classes = 3;

/** Random inputs with labels in turn. */
function dataset(inputShape: readonly number[], rows: number) {
  const rng = new Rng(0);
  const size = inputShape.reduce((product, n) => product * n, 1);
  const part = (count: number) => ({
    inputs: Float32Array.from({ length: count * size }, () => rng.normal()),
    targets: Int32Array.from({ length: count }, (_, i) => i % classes),
  });
  const parts = { name: "noise", source: "random", task: "classification", classes, inputShape } as const;
  return defineDataset({ ...parts, train: part(rows), test: part(rows) });
}

type Build = (device: Device, rng: Rng) => Layer;

/** Ops that every step of a net must run as kernels. */
export const dense = ["linear", "softmaxCrossEntropyGrad"];
export const convolutional = [...dense, "conv2d", "conv2dWeightGrad"];

/** Name, shape of an example, the net, ops that it must run as kernels. */
export const nets: readonly (readonly [string, readonly number[], Build, readonly string[]])[] = [
  ["MLP", [20], (device, rng) => mlp([20, 16, classes], { device, rng }), dense],
  ["LeNet", [1, 12, 12], (device, rng) => leNet({ size: 12, classes, device, rng }), convolutional],
  ["VGG", [3, 8, 8], (device, rng) => vgg({ classes, device, rng }), convolutional],
  ["ResNet-20", [3, 8, 8], (device, rng) => resNet20({ classes, device, rng }), convolutional],
];

/** Name, the optimizer, ops that it must run as kernels. */
export const optimizers: readonly (readonly [string, () => Optimizer, readonly string[]])[] = [
  ["SGD", () => sgd({ learningRate: 0.01, momentum: 0.9 }), ["countNonFinite", "weightedSum"]],
  ["Adam", () => adam(), ["countNonFinite", "adamUpdate"]],
  ["K-FAC", () => kfac(), ["syrk", "dampedInverse", "klClipCoefficient"]],
  ["SKFAC", () => skfac(), ["syrk", "dampedInverse", "klClipCoefficient"]],
];

/** How often each op ran a kernel and its reference loop in two steps; the device runs references where it must. */
export async function coverageOf(
  shape: readonly number[],
  build: Build,
  optimizer: Optimizer,
  batch: number,
): Promise<{ readonly kernels: Readonly<Record<string, number>>; readonly references: readonly string[] }> {
  const device = await createDevice("wasm");
  const model = build(device, new Rng(2));
  const options = { loss: softmaxCrossEntropy(), data: dataset(shape, 2 * batch), batch, steps: 2, rng: new Rng(1) };
  let steps = 0;
  for await (const event of train({ ...options, model, optimizer })) {
    if (event.type === "step") steps += 1;
  }
  for (const t of Object.values(parameters(model))) t.dispose();
  if (steps !== 2) throw new Error(`${steps} steps were made, not 2`);
  const coverage = [...device.coverage];
  return {
    kernels: Object.fromEntries(coverage.map(([name, { kernel }]) => [name, kernel])),
    references: coverage.filter(([, { reference }]) => reference > 0).map(([name]) => name),
  };
}

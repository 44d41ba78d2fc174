import "@kronograd/backend-wasm";
import { defineDataset } from "@kronograd/data";
import { type Layer, leNet, mlp, resNet20, softmaxCrossEntropy, vgg } from "@kronograd/layers";
import { adam, kfac, type Optimizer, sgd, skfac } from "@kronograd/optimizers";
import { createDevice, type Device, Rng } from "@kronograd/tensor";
import { fit as train } from "@kronograd/train";
import { describe, expect, it } from "vitest";

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

const nets: readonly (readonly [string, readonly number[], (device: Device, rng: Rng) => Layer])[] = [
  ["MLP", [20], (device, rng) => mlp([20, 16, classes], { device, rng })],
  ["LeNet", [1, 12, 12], (device, rng) => leNet({ size: 12, classes, device, rng })],
  ["VGG", [3, 8, 8], (device, rng) => vgg({ classes, device, rng })],
  ["ResNet-20", [3, 8, 8], (device, rng) => resNet20({ classes, device, rng })],
];
const optimizers: readonly (readonly [string, () => Optimizer])[] = [
  ["SGD", () => sgd({ learningRate: 0.01, momentum: 0.9 })],
  ["Adam", () => adam()],
  ["K-FAC", () => kfac()],
  ["SKFAC", () => skfac()],
];

describe("training on wasm", () => {
  const cases = nets.flatMap((net) => optimizers.map((optimizer) => [...net, ...optimizer] as const));

  it.each(cases)("$0 with $3 runs no reference loop", async (_, shape, build, __, optimizer) => {
    const device = await createDevice("wasm", { strict: true });
    const options = { loss: softmaxCrossEntropy(), data: dataset(shape, 6), batch: 3, steps: 2, rng: new Rng(1) };
    let steps = 0;
    for await (const event of train({ ...options, model: build(device, new Rng(2)), optimizer: optimizer() })) {
      if (event.type === "step") steps += 1;
    }
    expect(steps).toBe(2);
    expect([...device.coverage.values()].every(({ reference }) => reference === 0)).toBe(true);
  });
});

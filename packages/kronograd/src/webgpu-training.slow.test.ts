/** What training asks of a GPU: kernels for every call, few submissions, no new buffers, nothing read within a step. */

import {
  adam,
  type Dataset,
  defineDataset,
  fit,
  kfac,
  type Layer,
  leNet,
  mlp,
  type Optimizer,
  parameters,
  Rng,
  sgd,
  skfac,
  softmaxCrossEntropy,
} from "kronograd";
import { describe, expect, it } from "vitest";
import { missing, openWebGpu, type WebGpuDevice } from "../testing/webgpu.ts";

const classes = 3;
const batch = 8;

/** Random inputs with labels in turn. */
function noise(inputShape: readonly number[]): Dataset {
  const rng = new Rng(0);
  const size = inputShape.reduce((product, n) => product * n, 1);
  const part = (count: number) => ({
    inputs: Float32Array.from({ length: count * size }, () => rng.normal()),
    targets: Int32Array.from({ length: count }, (_, i) => i % classes),
  });
  const kind = { name: "noise", source: "random", task: "classification", classes, inputShape } as const;
  return defineDataset({ ...kind, train: part(4 * batch), test: part(batch) });
}

/** Shape of an example, the net, an op that it must run as a kernel. */
const nets: Readonly<Record<string, readonly [readonly number[], (device: WebGpuDevice) => Layer, string]>> = {
  MLP: [[20], (device) => mlp([20, 16, classes], { device, rng: new Rng(2) }), "linear"],
  LeNet: [[1, 12, 12], (device) => leNet({ size: 12, classes, device, rng: new Rng(2) }), "conv2dWeightGrad"],
};
/** Ops that each optimizer must run as kernels. */
const ofOptimizers: Readonly<Record<string, readonly string[]>> = {
  SGD: ["weightedSum"],
  Adam: ["adamUpdate"],
  SKFAC: ["symmetricEigen", "dampedInverse"],
  "K-FAC": ["syrk", "dampedInverse"],
};
const optimizers: Readonly<Record<string, () => Optimizer>> = {
  SGD: () => sgd({ learningRate: 0.01, momentum: 0.9 }),
  Adam: () => adam(),
  SKFAC: () => skfac({ learningRate: 0.01, rank: 12, statisticsEvery: 1 }), // truncates columns
  "K-FAC": () => kfac({ learningRate: 0.01 }),
};

/** Train, and tell `onStep` of each step that was read. */
async function train(device: WebGpuDevice, net: string, optimizer: string, steps: number, onStep = (_: number) => {}) {
  const [shape, build] = nets[net]!;
  const model = build(device);
  using rule = optimizers[optimizer]!();
  const run = fit({
    model,
    loss: softmaxCrossEntropy(),
    data: noise(shape),
    optimizer: rule,
    batch,
    steps,
    evaluateEvery: steps,
    rng: new Rng(1),
  });
  let taken = 0;
  for await (const event of run) {
    if (event.type !== "step") continue;
    taken += 1;
    onStep(event.step);
  }
  for (const t of Object.values(parameters(model))) t.dispose();
  expect(taken).toBe(steps);
}

describe.skipIf(missing !== null)("training on webgpu", () => {
  const cases = Object.keys(nets).flatMap((net) =>
    Object.keys(optimizers).map((optimizer) => [net, optimizer] as const),
  );

  it.each(cases)("%s with %s runs kernels: no call falls back", async (net, optimizer) => {
    const device = await openWebGpu();
    await train(device, net, optimizer, 3);
    expect(device.backend.counts.hostCalls).toBe(0);
    expect([...device.coverage].filter(([, { reference }]) => reference > 0)).toEqual([]);
    for (const op of [nets[net]![2], ...ofOptimizers[optimizer]!])
      expect(device.coverage.get(op)?.kernel, op).toBeGreaterThan(0);
    device.backend.dispose();
  });

  it.each(["SGD", "Adam"])(
    "an MLP with %s makes no buffer after 30 of 60 steps, reads once a step and submits at most 8 times",
    async (optimizer) => {
      const device = await openWebGpu({ strict: true });
      const counts: (typeof device.backend.counts)[] = [];
      await train(device, "MLP", optimizer, 60, () => counts.push(device.backend.counts));
      const [warm, last] = [counts[29]!, counts.at(-1)!];
      expect(last.allocations).toBe(warm.allocations);
      expect(last.hostCalls).toBe(0);
      expect((last.readbacks - warm.readbacks) / 30).toBeLessThanOrEqual(1);
      expect((last.submissions - warm.submissions) / 30).toBeLessThanOrEqual(8);
      device.backend.dispose();
    },
  );

  it("2,000 small steps leave the pool as large as it was after 100, and no tensor alive", async () => {
    const device = await openWebGpu({ strict: true });
    const bytes: number[] = [];
    await train(device, "MLP", "Adam", 2000, () => bytes.push(device.backend.poolBytes));
    expect(bytes.at(-1)).toBe(bytes[99]);
    expect(device.memory.buffers).toBe(0);
    device.backend.dispose();
  });
});

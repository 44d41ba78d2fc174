import { blobs, defineDataset } from "@kronograd/data";
import {
  type Layer,
  leNet,
  mlp,
  recomputed,
  Sequential,
  softmaxCrossEntropy,
  transformerEncoder,
} from "@kronograd/layers";
import { adam, kfac, type Optimizer, skfac } from "@kronograd/optimizers";
import { cpu, Device, ones, Rng, slice, type Tree } from "@kronograd/tensor";
import { deferred } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { eventsOf, ofType, points, small } from "../testing/index.ts";
import { fit } from "./fit.ts";
import type { FitOptions } from "./fit-options.ts";
import { bytesOf, peakAbove } from "./step-memory.ts";

/** Within what the README promises. */
const factor = 1.1;

const images = defineDataset({
  name: "noise",
  task: "classification",
  classes: 10,
  inputShape: [1, 12, 12],
  source: "a test",
  train: { inputs: Float32Array.from({ length: 32 * 144 }, (_, i) => Math.sin(i)), targets: Int32Array.from({ length: 32 }, (_, i) => i % 10) }, // biome-ignore format: short
  test: { inputs: new Float32Array(144), targets: new Int32Array(1) },
});

const tokens = defineDataset({
  name: "tokens",
  task: "classification",
  classes: 3,
  source: "a test",
  train: { inputs: { values: Int32Array.from({ length: 32 * 6 }, (_, i) => (5 * i) % 11), shape: [6] }, targets: Int32Array.from({ length: 32 }, (_, i) => i % 3) }, // biome-ignore format: short
  test: { inputs: { values: new Int32Array(6), shape: [6] }, targets: new Int32Array(1) },
});

const large = blobs({ rng: new Rng(1), train: 64, test: 8 });

/** Estimate and measurement of a run. */
async function peaksOf(options: Partial<FitOptions>): Promise<{ estimate: number; measured: number }> {
  const events = await eventsOf(small({ steps: 6, batch: 16, evaluateEvery: 100, estimateMemory: true, ...options }));
  return { estimate: ofType(events, "plan")[0]?.peakBytes ?? 0, measured: ofType(events, "end")[0]?.peakBytes ?? 0 };
}

const models: readonly [string, (device: Device) => Partial<FitOptions>][] = [
  ["an MLP", (device) => ({ model: mlp([2, 64, 32, 3], { rng: new Rng(1), device }), data: large })],
  ["a conv net", (device) => ({ model: leNet({ size: 12, rng: new Rng(1), device }), data: images })],
  [
    "a transformer",
    (device) => ({
      model: transformerEncoder({ vocabulary: 11, features: 8, heads: 2, classes: 3, dropout: 0.1, rng: new Rng(1), device }), // biome-ignore format: short
      data: tokens,
    }),
  ],
];
const optimizers: readonly [string, () => Optimizer][] = [
  ["adam", () => adam({ learningRate: 0.001 })],
  ["skfac", () => skfac({ learningRate: 0.001 })],
  ["kfac", () => kfac({ learningRate: 0.001, statisticsEvery: 1, refreshEvery: 1 })],
];

describe("the peak in the plan", () => {
  for (const [model, options] of models) {
    it.each(model === "a conv net" ? optimizers.slice(0, 2) : optimizers)(
      `is near the measured one for ${model} with %s`,
      async (_, optimizer) => {
        const { estimate, measured } = await peaksOf({ ...options(new Device(cpu.backend)), optimizer: optimizer() });
        expect(measured).toBeGreaterThan(0);
        expect(estimate / measured).toBeGreaterThan(1 / factor);
        expect(estimate / measured).toBeLessThan(factor);
      },
    );
  }

  it("holds on an asynchronous device, for the step alone", async () => {
    const { estimate, measured } = await peaksOf({ model: mlp([2, 64, 3], { rng: new Rng(1), device: deferred() }), optimizer: adam() }); // biome-ignore format: short
    expect(estimate / measured).toBeGreaterThan(1 / 2);
    expect(estimate / measured).toBeLessThan(2);
  });

  it("falls with micro-batches and with recomputed blocks, as the measured one does", async () => {
    const block = (wrap: (layer: Layer) => Layer) => wrap(mlp([32, 32, 32, 32]));
    const model = (wrap: (layer: Layer) => Layer): Layer<Tree> =>
      new Sequential({ in: mlp([2, 32]), a: block(wrap), b: block(wrap), c: block(wrap), out: mlp([32, 3]) }, { rng: new Rng(1), device: new Device(cpu.backend) }); // biome-ignore format: short
    const of = (wrap: (layer: Layer) => Layer, microBatch = 64) =>
      peaksOf({ model: model(wrap) as never, data: blobs({ rng: new Rng(1), train: 512, test: 8 }), batch: 512, microBatch, optimizer: adam() }); // biome-ignore format: short
    const whole = await of((layer) => layer, 512);
    const parts = await of((layer) => layer, 64);
    const again = await of(recomputed, 512);
    for (const less of [parts, again]) {
      expect(less.estimate).toBeLessThan(0.8 * whole.estimate);
      expect(less.measured).toBeLessThan(0.8 * whole.measured);
    }
  });

  it("changes nothing of the run, and says nothing where the step cannot be gone through", async () => {
    const device = new Device(cpu.backend);
    const model = mlp([2, 5, 3], { rng: new Rng(2), device });
    const plain = softmaxCrossEntropy();
    const fussy = { ...plain, value: (...given: Parameters<typeof plain.value>) => {
      if (device.backend !== cpu.backend) throw new Error("not here");
      return plain.value(...given);
    } }; // biome-ignore format: short
    const events = await eventsOf(small({ model, steps: 2, loss: fussy, estimateMemory: true }));
    const same = await eventsOf(small({ steps: 2 }));
    expect(ofType(events, "plan")[0]).not.toHaveProperty("peakBytes");
    const losses = (list: typeof events) => ofType(list, "step").map(({ loss }) => loss);
    expect(losses(events)).toEqual(losses(same));
    expect(points.train.count).toBe(40);
  });

  it("is made only where it is asked for: code of the user's own is not called before the run", async () => {
    let calls = 0;
    const plain = softmaxCrossEntropy();
    const loss = { ...plain, value: (...given: Parameters<typeof plain.value>) => { calls += 1; return plain.value(...given); } }; // biome-ignore format: short
    for await (const event of fit(small({ loss, steps: 2 }))) {
      if (event.type !== "plan") break;
      expect(event).not.toHaveProperty("peakBytes");
      expect(calls).toBe(0);
    }
  });
});

describe("bytesOf", () => {
  it("counts a buffer once, however many tensors show it", () => {
    const x = ones([4, 2]);
    expect(bytesOf([x, slice(x, [[0, 1]]), ones([3], { dtype: "float64" })])).toBe(32 + 24);
  });
});

describe("peakAbove", () => {
  it("gives the most bytes beyond those before, and leaves the device's own peak right", () => {
    const device = new Device(cpu.backend);
    ones([100], { device }).dispose();
    const x = ones([2], { device });
    const seen = peakAbove(device, () => ones([10], { device }).dispose());
    expect(seen.bytes).toBe(40);
    expect(device.memory.peakBytes).toBe(400);
    x.dispose();
  });
});

import { gatherBatch } from "@kronograd/data";
import { mlp, parameters, softmaxCrossEntropy } from "@kronograd/layers";
import { adaptive, kfac } from "@kronograd/optimizers";
import { cpu, Device, memory, Rng, scale, scope, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { eventsOf, points, small } from "../testing/index.ts";
import { makeOracles } from "./oracles.ts";

function setUp() {
  const device = new Device(cpu.backend);
  const model = mlp([2, 3], { rng: new Rng(0), dtype: "float64", device });
  const { inputs, targets } = gatherBatch(points.train, [0, 1, 2, 3], { dtype: "float64", device });
  const context = {
    forward: () => model.forward(inputs, { training: true }),
    loss: softmaxCrossEntropy(),
    targets,
    parameters: parameters(model),
  };
  return { device, context, value: () => context.loss.value(context.forward(), targets).itemSync() };
}

describe("makeOracles", () => {
  it("makes those that are wanted and no other", () => {
    expect(Object.keys(makeOracles(["hvp"], setUp().context))).toEqual(["hvp"]);
    expect(makeOracles([], setUp().context)).toEqual({});
  });

  it("gives the loss at other parameters, and puts the old ones back", () => {
    const { device, context, value } = setUp();
    const { trialLoss } = makeOracles(["trialLoss"], context);
    const before = value();
    const { tensors } = memory(device);
    scope(() => {
      const trial = Object.fromEntries(Object.entries(context.parameters).map(([name, t]) => [name, scale(t, 0)]));
      expect(trialLoss?.(trial).itemSync()).toBeCloseTo(Math.log(3), 12);
    });
    expect(memory(device).tensors).toBe(tensors);
    expect(value()).toBe(before);
  });

  it("puts the old parameters back when the forward pass throws", () => {
    const { context, value } = setUp();
    const before = value();
    const failing = { ...context, forward: () => { throw new RangeError("boom"); } }; // biome-ignore format: short
    const { trialLoss } = makeOracles(["trialLoss"], failing);
    const zero = Object.fromEntries(
      Object.entries(context.parameters).map(([name, { shape, dtype, device }]) => [
        name,
        zeros(shape, { dtype, device }),
      ]),
    );
    expect(() => trialLoss?.(zero)).toThrow(RangeError);
    expect(value()).toBe(before);
  });

  it("gives products with Hessian and Gauss–Newton matrix, which agree for a linear model", () => {
    const { context } = setUp();
    const { hvp, ggnvp } = makeOracles(["hvp", "ggnvp"], context);
    const rng = new Rng(3);
    const vectors = Object.fromEntries(
      Object.entries(context.parameters).map(([name, t]) => [name, scale(t, 1 + rng.uniform())]),
    );
    const h = hvp?.(vectors)["dense1.weight"]?.dataSync() as Float64Array;
    const g = ggnvp?.(vectors)["dense1.weight"]?.dataSync() as Float64Array;
    expect(h.some((value) => Math.abs(value) > 1e-3)).toBe(true);
    h.forEach((value, i) => {
      expect(value).toBeCloseTo(g[i] as number, 12);
    });
  });

  it("serve adaptive damping and the quadratic model in a run", async () => {
    for (const quadraticModel of [false, true]) {
      const optimizer = kfac({ damping: adaptive(), quadraticModel, learningRate: 0.1 });
      const events = await eventsOf(small({ optimizer, steps: 10 }));
      const reported = JSON.stringify(events);
      expect(reported.match(/"reductionRatio":/g)).toHaveLength(2); // steps 5 and 10
      expect(reported.match(/"modelRate":/g) ?? []).toHaveLength(quadraticModel ? 10 : 0);
    }
  });
});

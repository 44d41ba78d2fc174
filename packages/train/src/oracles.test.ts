import { gatherBatch } from "@kronograd/data";
import { mlp, parameters, softmaxCrossEntropy } from "@kronograd/layers";
import { adaptive, kfac, type Linearized, updatesOf } from "@kronograd/optimizers";
import { concat, cpu, Device, memory, Rng, scale, scope, slice, type Tensor } from "@kronograd/tensor";
import "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { eventsOf, points, small } from "../testing/index.ts";
import { makeOracles } from "./oracles.ts";

function setUp() {
  const device = new Device(cpu.backend);
  const model = mlp([2, 3], { rng: new Rng(0), dtype: "float64", device });
  const { inputs, targets } = gatherBatch(points.train, [0, 1, 2, 3], { dtype: "float64", device });
  const loss = softmaxCrossEntropy();
  const all = loss.rows(targets as Tensor);
  const rows = (from: number, to: number) => ({
    forward: () => model.forward(slice(inputs, [[from, to]]), { training: true }),
    loss: (outputs: Tensor) => loss.value(outputs, slice(targets, [[from, to]]), all.part(from, to)),
  });
  const whole = rows(0, 4);
  return {
    device,
    whole,
    parts: [rows(0, 3), rows(3, 4)],
    weights: parameters(model),
    value: () => scope(() => whole.loss(whole.forward()).itemSync()),
  };
}

function vectorLike(weights: Readonly<Record<string, Tensor>>) {
  const rng = new Rng(3);
  return Object.fromEntries(Object.entries(weights).map(([name, t]) => [name, scale(t, 1 + rng.uniform())]));
}

describe("makeOracles", () => {
  it("makes those that are wanted and no other", () => {
    const { whole, weights } = setUp();
    expect(Object.keys(makeOracles(["trial"], [whole], weights))).toEqual(["trial"]);
    expect(Object.keys(makeOracles([], [], weights))).toEqual([]);
  });

  it("gives the loss at other parameters, and puts the old ones back", () => {
    const { device, whole, weights, value } = setUp();
    const { trial } = makeOracles(["trial"], [whole], weights);
    const before = value();
    const { tensors } = memory(device);
    scope(() => {
      expect(trial?.(weights, 1).itemSync()).toBeCloseTo(Math.log(3), 12); // all weights 0
      expect(trial?.(weights, 0).itemSync()).toBe(before);
    });
    expect(memory(device).tensors).toBe(tensors);
    expect(value()).toBe(before);
  });

  it("takes a direction by block", () => {
    const { whole, weights } = setUp();
    const { trial } = makeOracles(["trial"], [whole], weights);
    expect(trial?.(updatesOf(weights), 1).itemSync()).toBe(trial?.(weights, 1).itemSync());
  });

  it("puts the old parameters back when the forward pass throws", () => {
    const { whole, weights, value } = setUp();
    const before = value();
    const failing = { ...whole, forward: () => { throw new RangeError("boom"); } }; // biome-ignore format: short
    const { trial } = makeOracles(["trial"], [failing], weights);
    expect(() => trial?.(weights, 1)).toThrow(RangeError);
    expect(value()).toBe(before);
  });

  it("gives products with Hessian and Gauss–Newton matrix, which agree for a linear model", () => {
    const { whole, weights } = setUp();
    using oracles = makeOracles(["linearized"], [whole], weights);
    const { hvp, ggnvp } = (oracles.linearized as () => Linearized)();
    const vector = vectorLike(weights);
    const h = hvp([vector])[0]?.["dense1.weight"] as Tensor;
    expect(h).toBeAllclose(ggnvp([vector])[0]?.["dense1.weight"] as Tensor);
    expect(h.dataSync().some((value) => Math.abs(value) > 1e-3)).toBe(true);
  });

  it("sums the parts of a batch: loss and products are those of the whole", () => {
    const { whole, parts, weights } = setUp();
    using one = makeOracles(["linearized", "trial"], [whole], weights);
    using two = makeOracles(["linearized", "trial"], parts, weights);
    const vector = vectorLike(weights);
    expect(two.trial?.(vector, 0.3)).toBeAllclose(one.trial?.(vector, 0.3) as Tensor);
    for (const product of ["hvp", "ggnvp"] as const) {
      const [a, b] = [one, two].map((oracles) => oracles.linearized?.()[product]([vector])[0] as typeof weights);
      for (const name of Object.keys(weights)) expect(b?.[name]).toBeAllclose(a?.[name] as Tensor);
    }
    const [rows] = (two.linearized as () => Linearized)().jvp([vector]) as [readonly Tensor[]];
    expect(rows.map(({ shape }) => shape)).toEqual([
      [3, 3],
      [1, 3],
    ]);
    expect(concat([...rows])).toBeAllclose((one.linearized as () => Linearized)().jvp([vector])[0]?.[0] as Tensor);
  });

  it("linearises once a step", () => {
    const { whole, weights } = setUp();
    using oracles = makeOracles(["linearized"], [whole], weights);
    expect(oracles.linearized?.()).toBe(oracles.linearized?.());
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

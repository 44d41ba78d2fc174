import { factoredGradient } from "@kronograd/autograd";
import { cpu, elementwise, ones, scope, type Tensor, tensor, tensorsIn, UsageError, zeros } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { describe, expect, it } from "vitest";
import { f64, layerBlock, layerGradient, valuesOf } from "../testing/index.ts";
import { adam } from "./catalog/adam.ts";
import { sgd } from "./catalog/sgd.ts";
import { chain } from "./chain.ts";
import { Optimizer } from "./optimizer.ts";
import { holdState, inspectState, loadState } from "./state/optimizer-state.ts";
import { type Transform, updatesOf } from "./transform.ts";
import { klClip } from "./transforms/kl-clip.ts";
import { momentum } from "./transforms/momentum.ts";

const plain = (options: { learningRate?: number; rateOf?: (name: string) => number } = {}) =>
  new Optimizer({ name: "plain", learningRate: 0.5, chain: chain(), ...options });

describe("Optimizer", () => {
  it("writes w ← w − η u in one pass over each parameter", () => {
    scope(() => {
      const parameters = { a: f64([1, 2]), b: f64([[3]]) };
      const before = cpu.coverage.get("weightedSum");
      const calls = (before?.kernel ?? 0) + (before?.reference ?? 0);
      const [allocated, version] = [cpu.memory.buffers, parameters.a.storage.version];
      plain().apply(parameters, updatesOf({ a: ones([2], { dtype: "float64" }), b: f64([[4]]) }), 0);
      const after = cpu.coverage.get("weightedSum");
      expect((after?.kernel ?? 0) + (after?.reference ?? 0) - calls).toBe(2);
      expect([...parameters.a.dataSync(), ...parameters.b.dataSync()]).toEqual([0.5, 1.5, 1]);
      expect(parameters.a.storage.version).toBe(version + 1);
      expect(cpu.memory.buffers - allocated).toBe(2); // the two directions that this test made
    });
  });

  it("forms factored directions for the parameters that they belong to", () => {
    scope(() => {
      const parameters = { "a.weight": f64([[0, 0]]), "a.bias": f64([0]) };
      const direction = factoredGradient(layerBlock("a", 1, 2), {
        g: f64([[1], [2]]),
        a: f64([
          [1, 0],
          [3, 4],
        ]),
        scale: 1,
        hasBias: true,
      });
      plain().apply(parameters, new Map([["a", direction]]), 0);
      expect([...parameters["a.weight"].dataSync(), ...parameters["a.bias"].dataSync()]).toEqual([-3.5, -4, -1.5]);
    });
  });

  it("multiplies the rate by a parameter's own factor, and follows its schedule", () => {
    scope(() => {
      const parameters = { a: f64([0]), b: f64([0]) };
      const optimizer = new Optimizer({
        name: "plain",
        learningRate: (step) => 1 / (step + 1),
        chain: chain(),
        rateOf: (name) => (name === "b" ? 0.5 : 1),
      });
      optimizer.apply(parameters, updatesOf({ a: f64([1]), b: f64([1]) }), 3);
      expect([...parameters.a.dataSync(), ...parameters.b.dataSync()]).toEqual([-0.25, -0.125]);
      expect(optimizer.learningRateAt(1)).toBe(0.5);
    });
  });

  it("names the parameter that a gradient has no match for", () => {
    const apply = () => plain().apply({ a: f64([1]) }, updatesOf({ b: f64([1]) }), 0);
    expect(apply).toThrow(UsageError);
    expect(apply).toThrow('optimizer: there is a gradient for "b" but no such parameter (got [a]).');
  });

  it("takes its state back to where it was held, numbers and tensors", () => {
    const parameters = { w: zeros([1], { dtype: "float64" }) };
    const update = (optimizer: Optimizer, step: number, gradient: number) =>
      scope(() => valuesOf(optimizer.update(updatesOf({ w: f64([gradient]) }), { parameters, step }), "w"));
    using optimizer = adam({ learningRate: 1 });
    using plain = adam({ learningRate: 1 });
    for (const each of [optimizer, plain]) update(each, 0, 3);
    const { tensors } = cpu.memory;
    const before = holdState(optimizer);
    update(optimizer, 1, Number.NaN);
    before.restore();
    before[Symbol.dispose]();
    expect(cpu.memory.tensors).toBe(tensors);
    expect(update(optimizer, 1, 5)).toEqual(update(plain, 1, 5));
  });

  it("holds nothing before its first step, and goes back to that", () => {
    using optimizer = adam({ learningRate: 1 });
    const parameters = { w: zeros([1], { dtype: "float64" }) };
    const { tensors } = cpu.memory;
    using before = holdState(optimizer);
    scope(() => void optimizer.update(updatesOf({ w: f64([1]) }), { parameters, step: 0 }));
    before.restore();
    expect(optimizer.state).toBeNull();
    expect(cpu.memory.tensors).toBe(tensors);
  });

  it("writes as its gate says", () => {
    const gated = elementwise(
      "test.gated",
      (w, direction, flag) => e.select(flag, e.sub(w, e.mul(e.parameter("rate"), direction)), w),
      { noVjp: "in place", int32: [2], parameters: { rate: 1 } },
    );
    scope(() => {
      const parameters = { w: f64([1, 2]) };
      for (const open of [0, 1]) {
        const flag = tensor(Int32Array.of(open), { shape: [] });
        plain().apply(parameters, updatesOf({ w: f64([2, 2]) }), 0, { op: gated, flag });
        expect([...parameters.w.dataSync()]).toEqual(open === 1 ? [0, 1] : [1, 2]);
      }
    });
  });

  it("goes on from a loaded state with the same bits, and shares nothing with its source", () => {
    scope(() => {
      const make = () => adam({ learningRate: 0.1, amsgrad: true });
      const gradient = (step: number) => updatesOf({ w: f64([Math.sin(step), step - 3]) });
      const run = (optimizer: Optimizer, w: Tensor, from: number, to: number) => {
        for (let step = from; step < to; step++) {
          optimizer.apply({ w }, optimizer.update(gradient(step), { parameters: { w }, step }), step);
        }
      };
      using whole = make();
      const w = f64([1, 2]);
      run(whole, w, 0, 4);
      using resumed = make();
      loadState(resumed, whole.state);
      const copied = f64([...w.dataSync()]);
      run(whole, w, 4, 9);
      run(resumed, copied, 4, 9);
      expect([...copied.dataSync()]).toEqual([...w.dataSync()]);
    });
  });

  it("may load its own state, and forgets with null", () => {
    scope(() => {
      using optimizer = sgd({ learningRate: 1, momentum: 0.5 });
      const step = (index: number) =>
        valuesOf(optimizer.update(updatesOf({ w: f64([1]) }), { parameters: { w: f64([0]) }, step: index }), "w");
      expect(step(0)).toEqual([1]);
      loadState(optimizer, optimizer.state);
      expect(step(1)).toEqual([1.5]);
      loadState(optimizer, null);
      expect(optimizer.state).toBeNull();
      expect(step(2)).toEqual([1]);
    });
  });

  it("says which state tensor another optimizer's checkpoint lacks", () => {
    scope(() => {
      using from = sgd({ momentum: 0.5 });
      const parameters = { w: f64([0]) };
      from.update(updatesOf({ w: f64([1]) }), { parameters, step: 0 });
      using to = adam();
      loadState(to, from.state);
      expect(() => to.update(updatesOf({ w: f64([1]) }), { parameters, step: 1 })).toThrow(
        'adam: the state of "w" has no "mean" (got [steps, velocity]). It was saved by another optimizer.',
      );
    });
  });

  it("hands reported tensors to the caller's scope", () => {
    scope(() => {
      using optimizer = new Optimizer({ name: "clipped", learningRate: 1, chain: klClip(1e-3) });
      const parameters = { "a.weight": f64([[0, 0]]), "a.bias": f64([0]) };
      const reported: Tensor[] = [];
      for (let step = 0; step < 2; step++) {
        const report = (_: string, value: number | Tensor) => reported.push(value as Tensor);
        optimizer.update(new Map([["a", layerGradient("a", [[3, 0]], [4])]]), { parameters, step, report });
        expect(reported[step]?.itemSync()).toBeCloseTo(Math.sqrt(1e-3 / 25), 14);
      }
    });
  });

  it("keeps its state when a step throws", () => {
    scope(() => {
      let fails = false;
      const failing: Transform = {
        name: "failing",
        init: () => null,
        update(updates, state) {
          if (fails) throw new UsageError({ where: "failing", problem: "on purpose" });
          return { updates, state };
        },
      };
      using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: chain(momentum(), failing) });
      const step = (index: number) =>
        optimizer.update(updatesOf({ w: f64([1]) }), { parameters: { w: f64([0]) }, step: index });
      step(0);
      const before = optimizer.state;
      fails = true;
      expect(() => step(1)).toThrow("failing: on purpose.");
      expect(optimizer.state).toBe(before);
    });
  });

  it("frees its state when another is loaded, and when disposed of", () => {
    const baseline = cpu.memory.buffers;
    scope(() => {
      const optimizer = adam();
      optimizer.update(updatesOf({ w: f64([1]) }), { parameters: { w: f64([0]) }, step: 0 });
      loadState(optimizer, optimizer.state);
      expect([...tensorsIn(optimizer.state)]).toHaveLength(2);
      optimizer[Symbol.dispose]();
      expect(optimizer.state).toBeNull();
    });
    expect(cpu.memory.buffers).toBe(baseline);
  });
});

describe("inspect", () => {
  it("shows what the chain's methods keep, by block, and nothing before the first step", () => {
    const M = f64([[2, 0], [0, 3]]); // biome-ignore format: a matrix
    const chain: Transform = {
      name: "kept",
      init: () => null,
      update: (updates) => ({ updates, state: { M } }),
      inspect: (state) => ({ w: { matrices: { M: (state as { M: Tensor }).M } } }),
    };
    using optimizer = new Optimizer({ name: "test", learningRate: 1, chain });
    expect(inspectState(optimizer)).toEqual({});
    optimizer.update(updatesOf({ w: f64([1]) }), { parameters: { w: f64([0]) }, step: 0 });
    expect([...(inspectState(optimizer).w?.matrices?.M?.dataSync() ?? [])]).toEqual([2, 0, 0, 3]);
  });
});

import { factoredGradient, partsGradient } from "@kronograd/autograd";
import { cpu, scope, tensorsIn, UsageError, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { directionsOf, f64, layerBlock, valuesOf } from "../../testing/index.ts";
import { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { momentum } from "./momentum.ts";

describe("momentum", () => {
  it("sums past gradients with falling weight", () => {
    expect(directionsOf(momentum({ decay: 0.5 }), [[1], [1], [-2]])).toEqual([[1], [1.5], [-1.25]]);
  });

  it("looks ahead with nesterov: g + βv", () => {
    expect(directionsOf(momentum({ decay: 0.5, nesterov: true }), [[1], [1], [-2]])).toEqual([[1.5], [1.75], [-2.625]]);
  });

  it("takes the first gradient whole and damps those that follow", () => {
    expect(directionsOf(momentum({ decay: 0.5, dampening: 0.75 }), [[4], [4]])).toEqual([[4], [3]]);
  });

  it("is the identity for decay 0", () => {
    expect(
      directionsOf(momentum({ decay: 0 }), [
        [3, -1],
        [2, 5],
      ]),
    ).toEqual([
      [3, -1],
      [2, 5],
    ]);
  });

  it("leaves the gradient as it was and keeps one tensor, which is the direction", () => {
    scope(() => {
      const parameters = { w: zeros([1], { dtype: "float64" }) };
      using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: momentum({ decay: 0.5 }) });
      const gradient = f64([1]);
      optimizer.update(updatesOf({ w: gradient }), { parameters, step: 0 });
      const second = optimizer.update(updatesOf({ w: gradient }), { parameters, step: 1 });
      const kept = [...tensorsIn(optimizer.state)].map((t) => t.storage);
      expect(kept).toEqual([second.get("w")?.parts()[0]?.storage]);
      expect(valuesOf(second, "w")).toEqual([1.5]);
      expect([...gradient.dataSync()]).toEqual([1]);
    });
  });

  it("takes factors as it would their product, which is not formed", () => {
    scope(() => {
      const factors = {
        g: f64([[1], [2]]),
        a: f64([
          [3, 0],
          [0, 1],
        ]),
        scale: 0.5,
        hasBias: true,
      };
      const block = layerBlock("a", 1, 2);
      const parameters = { "a.weight": zeros([1, 2]), "a.bias": zeros([1]) };
      const runs = [true, false].map((isFactored) => {
        const optimizer = new Optimizer({
          name: "test",
          learningRate: 1,
          chain: momentum({ decay: 0.5, dampening: 0.25 }),
        });
        return [0, 1, 2].map((step) => {
          const gradient = factoredGradient(block, factors);
          const updates = new Map([["a", isFactored ? gradient : partsGradient(block, gradient.parts())]]);
          return valuesOf(optimizer.update(updates, { parameters, step }), "a");
        });
      });
      expect(runs[0]).toEqual(runs[1]);
      expect(runs[0]?.[1]).toEqual([1.875, 1.25, 1.875]);
    });
  });

  it("looks ahead of factors too, without forming a product or a direction", () => {
    scope(() => {
      const block = layerBlock("a", 1, 2);
      const parameters = { "a.weight": f64([[0, 0]]), "a.bias": f64([0]) };
      const optimizer = new Optimizer({
        name: "test",
        learningRate: 1,
        chain: momentum({ decay: 0.5, nesterov: true }),
      });
      const dense = momentum({ decay: 0.5, nesterov: true });
      const gradients = [[1], [1], [-2]].map(([g]) =>
        factoredGradient(block, { g: f64([[g as number]]), a: f64([[2, 4]]), scale: 1, hasBias: true }),
      );
      const wanted = directionsOf(dense, [[1], [1], [-2]]);
      gradients.forEach((gradient, step) => {
        const updates = optimizer.update(new Map([["a", gradient]]), { parameters, step });
        const made = cpu.memory.buffers;
        optimizer.apply(parameters, updates, step);
        expect(cpu.memory.buffers).toBe(made);
        expect(valuesOf(updates, "a")).toEqual([2, 4, 1].map((x) => x * (wanted[step]?.[0] as number)));
      });
      // 1.5 + 1.75 − 2.625, along (2, 4, 1)
      expect([...parameters["a.weight"].dataSync(), ...parameters["a.bias"].dataSync()]).toEqual([-1.25, -2.5, -0.625]);
      expect(gradients.map((gradient) => [...tensorsIn(gradient)].length)).toEqual([2, 2, 2]);
    });
  });

  it("refuses nesterov with dampening", () => {
    const call = () => momentum({ nesterov: true, dampening: 0.1 });
    expect(call).toThrow(UsageError);
    expect(call).toThrow("momentum: nesterov takes no dampening (got 0.1).");
  });

  it("refuses a decay of 1, with the range", () => {
    expect(() => momentum({ decay: 1 })).toThrow(UsageError);
    expect(() => momentum({ decay: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: momentum: decay is out of range (expected a number in [0, 1), got 1).]`,
    );
  });
});

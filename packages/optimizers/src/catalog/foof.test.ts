import { denseGradient, layerRecord } from "@kronograd/autograd";
import { scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, layerBlock } from "../../testing/index.ts";
import type { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { foof } from "./foof.ts";

/** [W | b] of a layer of one input and one output after steps with these gradients; its inputs are 1 and 3 at each. */
function after(optimizer: Optimizer, gradients: readonly (readonly [number, number])[]): number[] {
  return scope(() => {
    using used = optimizer;
    const parameters = { "fc.weight": f64([[8]]), "fc.bias": f64([-4]) };
    const uses = [{ input: f64([[1], [3]]), outputGrads: [] }];
    const record = layerRecord({ name: "fc", geometry: { kind: "dense" }, hasBias: true, labels: "empirical", uses });
    gradients.forEach((g, step) => {
      const updates = new Map([["fc", denseGradient(layerBlock("fc", 1, 1), f64([g]))]]);
      const directions = used.update(updates, { parameters, records: new Map([["fc", record]]), step });
      used.apply(parameters, directions, step);
    });
    return Object.values(parameters).flatMap((t) => [...t.dataSync()]);
  });
}

const plain = { learningRate: 0.5, damping: 0, klClip: null };

// What every optimizer must do is tried in catalog.test.ts and by the optimizer suite, which find it by themselves.
describe("foof", () => {
  it("takes two steps as computed by hand", () => {
    // A = E[ā āᵀ] = [[5, 2], [2, 1]], its inverse [[1, −2], [−2, 5]]; (1, 1) A⁻¹ = (−1, 3)
    const first = after(foof({ ...plain, momentum: 0 }), [[1, 1]]);
    expect(f64(first)).toBeAllclose([8.5, -5.5], { rtol: 1e-12 });
    // the velocity is of preconditioned gradients: v = (−½, 1.5) where the second gradient is 0
    const second = after(foof({ ...plain, momentum: 0.5 }), [[1, 1], [0, 0]]); // biome-ignore format: two gradients
    expect(f64(second)).toBeAllclose([8.75, -6.25], { rtol: 1e-12 });
  });

  it("descends along the plain gradient where no layer was seen", () => {
    scope(() => {
      const parameters = { w: f64([8]) };
      using optimizer = foof({ ...plain, momentum: 0 });
      optimizer.apply(parameters, optimizer.update(updatesOf({ w: f64([2]) }), { parameters, step: 0 }), 0);
      expect([...parameters.w.dataSync()]).toEqual([7]);
    });
  });

  it("captures inputs on the steps that look at them, and never output gradients", () => {
    const optimizer = foof({ statisticsEvery: 5 });
    expect([optimizer.needs(0), optimizer.needs(1)]).toEqual([
      { layers: true, inputs: true, bias: "joint" },
      { layers: true, bias: "joint" },
    ]);
  });
});

import { factoredGradient, type Gradient } from "@kronograd/autograd";
import { mul, scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { directionsOf, f64, layerBlock, layerGradient, valuesOf } from "../../testing/index.ts";
import { chain } from "../chain.ts";
import { scaleDirection, squaredNorm } from "../direction.ts";
import { Optimizer } from "../optimizer.ts";
import { mapParts, type Transform, type Updates } from "../transform.ts";
import { graft } from "./graft.ts";

const link = (name: string, f: (updates: Updates) => Updates): Transform => ({
  name,
  init: () => null,
  update: (updates, state) => ({ updates: f(updates), state }),
});

const parameters = { "a.weight": f64([[0, 0]]), "a.bias": f64([0]) };

describe("graft", () => {
  it("gives each block the norm of its gradient and keeps the update's direction", () => {
    scope(() => {
      const bent = link("bend", (updates) =>
        mapParts(updates, (part, name) => mul(part, f64(name === "a.bias" ? [0] : [[3, 0]]))),
      );
      const optimizer = new Optimizer({ name: "test", learningRate: 1, chain: chain(bent, graft()) });
      const updates = optimizer.update(new Map([["a", layerGradient("a", [[1, 2]], [2])]]), { parameters, step: 0 });
      expect(valuesOf(updates, "a")).toEqual([3, 0, 0]);
    });
  });

  it("leaves a zero update at zero, and an unchanged gradient as it is", () => {
    const zero = link("zero", (updates) => mapParts(updates, (part) => mul(part, 0)));
    expect(directionsOf(chain(zero, graft()), [[3, 4]])).toEqual([[0, 0]]);
    expect(directionsOf(graft(), [[3, 4]])).toEqual([[3, 4]]);
  });

  it("works on factors and keeps them", () => {
    scope(() => {
      const gradient = factoredGradient(layerBlock("a", 1, 2), {
        g: f64([[1], [3]]),
        a: f64([
          [1, 2],
          [0, 5],
        ]),
        scale: 1,
        hasBias: true,
      });
      const longer = link(
        "longer",
        (updates) => new Map([["a", scaleDirection(updates.get("a") as Gradient, f64(7))]]),
      );
      const optimizer = new Optimizer({ name: "test", learningRate: 1, chain: chain(longer, graft()) });
      const grafted = optimizer.update(new Map([["a", gradient]]), { parameters, step: 0 }).get("a") as Gradient;
      expect(grafted.factors).toBeDefined();
      expect(squaredNorm(grafted)).toBeAllclose(squaredNorm(gradient), { rtol: 1e-14 });
    });
  });
});

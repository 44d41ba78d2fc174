import { factoredGradient, type Gradient } from "@kronograd/autograd";
import { scale, scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, layerBlock, layerGradient, valuesOf } from "../testing/index.ts";
import { scaleDirection } from "./direction.ts";
import { globalSquaredNorm, mapParts, updatesOf } from "./transform.ts";

const factored = () =>
  factoredGradient(layerBlock("a", 1, 2), {
    g: f64([[1], [3]]),
    a: f64([
      [1, 2],
      [0, 5],
    ]),
    scale: 0.5,
    hasBias: true,
  });

describe("updatesOf", () => {
  it("makes a block of each gradient", () => {
    const updates = updatesOf({ w: f64([[1, 2]]), b: f64(3) });
    expect([...updates.keys()]).toEqual(["w", "b"]);
    expect(updates.get("w")?.block).toMatchObject({ parameters: ["w"], shape: [1, 2], isLayer: false });
    expect(valuesOf(updates, "b")).toEqual([3]);
  });
});

describe("mapParts", () => {
  it("sees each parameter under its own name", () => {
    const updates = new Map([["a", layerGradient("a", [[1, 2]], [3])]]);
    const mapped = mapParts(updates, (part, name) => scale(part, name === "a.bias" ? 10 : 2));
    expect(valuesOf(mapped, "a")).toEqual([2, 4, 30]);
  });

  it("keeps a gradient whose parts it left as they are", () => {
    const gradient = layerGradient("a", [[1, 2]], [3]);
    expect(mapParts(new Map([["a", gradient]]), (part) => part).get("a")).toBe(gradient);
  });
});

describe("scaleDirection", () => {
  it("multiplies parts, and of factors one side", () => {
    scope(() => {
      const whole = factored()
        .parts()
        .flatMap((part) => [...part.dataSync()]);
      const scaled = scaleDirection(factored(), f64(4)) as Gradient;
      expect(scaled.factors).toBeDefined();
      expect(scaled.parts().flatMap((part) => [...part.dataSync()])).toEqual(whole.map((x) => 4 * x));
      expect(valuesOf(new Map([["a", scaleDirection(layerGradient("a", [[1, 2]], [3]), f64(4))]]), "a")).toEqual([
        4, 8, 12,
      ]);
    });
  });
});

describe("globalSquaredNorm", () => {
  it("adds the squares of all blocks, on factors as on parts", () => {
    scope(() => {
      const squares = factored()
        .parts()
        .flatMap((part) => [...part.dataSync()])
        .reduce((total, x) => total + x * x, 0);
      const all = new Map([["a", factored()], ...updatesOf({ w: f64([3, 4]) })]);
      expect(globalSquaredNorm(all).itemSync()).toBeCloseTo(squares + 25, 10);
    });
  });
});

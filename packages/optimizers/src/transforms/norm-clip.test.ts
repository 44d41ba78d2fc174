import { factoredGradient } from "@kronograd/autograd";
import { scope, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { directionsOf, f64, layerBlock, valuesOf } from "../../testing/index.ts";
import { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { normClip } from "./norm-clip.ts";

describe("normClip", () => {
  it("shortens a longer update to the limit", () => {
    expect(f64(directionsOf(normClip(1), [[3, 4]]))).toBeAllclose(f64([[0.6, 0.8]]), { rtol: 1e-15 });
  });

  it("leaves a shorter one, and zero, with the same bits", () => {
    expect(
      directionsOf(normClip(6), [
        [3, 4],
        [0, 0],
      ]),
    ).toEqual([
      [3, 4],
      [0, 0],
    ]);
  });

  it("takes one norm over all blocks, and reports the coefficient", () => {
    scope(() => {
      const parameters = { a: f64([0]), b: f64([0]) };
      const optimizer = new Optimizer({ name: "test", learningRate: 1, chain: normClip(1) });
      let coefficient: number | Tensor = 0;
      const report = (_: string, value: number | Tensor) => {
        coefficient = value;
      };
      const updates = optimizer.update(updatesOf({ a: f64([3]), b: f64([4]) }), { parameters, step: 0, report });
      expect(valuesOf(updates, "a")[0]).toBeCloseTo(0.6, 15);
      expect(valuesOf(updates, "b")[0]).toBeCloseTo(0.8, 15);
      expect((coefficient as unknown as Tensor).itemSync()).toBeCloseTo(0.2, 15);
    });
  });

  it("works on factors and keeps them", () => {
    scope(() => {
      const block = layerBlock("a", 2, 2);
      const gradient = factoredGradient(block, {
        g: f64([
          [1, 2],
          [3, 4],
        ]),
        a: f64([
          [1, 0],
          [2, 1],
        ]),
        scale: 0.5,
        hasBias: true,
      });
      const parameters = {
        "a.weight": f64([
          [0, 0],
          [0, 0],
        ]),
        "a.bias": f64([0, 0]),
      };
      const optimizer = new Optimizer({ name: "test", learningRate: 1, chain: normClip(2) });
      const clipped = optimizer.update(new Map([["a", gradient]]), { parameters, step: 0 });
      expect(clipped.get("a")?.factors).toBeDefined();
      const whole = gradient.parts().flatMap((part) => [...part.dataSync()]);
      const norm = Math.hypot(...whole);
      expect(f64(valuesOf(clipped, "a"))).toBeAllclose(f64(whole.map((x) => (2 * x) / norm)), { rtol: 1e-14 });
    });
  });

  it("refuses a limit of 0", () => {
    expect(() => normClip(0)).toThrow("normClip: limit is out of range (expected a number > 0, got 0).");
  });
});

import { scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import { updatesOf } from "../transform.ts";
import { adamax } from "./adamax.ts";

describe("adamax", () => {
  it("moves by its rate 0.002 in every coordinate at each step under a constant gradient", () => {
    scope(() => {
      const parameters = { w: f64([0, 0]) };
      using optimizer = adamax();
      const gradient = [-3, 1e3];
      for (let step = 0; step < 5; step++) {
        const updates = optimizer.update(updatesOf({ w: f64(gradient) }), { parameters, step });
        optimizer.apply(parameters, updates, step);
      }
      const [up, down] = parameters.w.dataSync();
      expect(up).toBeCloseTo(5 * 0.002, 9); // ε = 1e-8 beside |g| ≥ 3
      expect(down).toBeCloseTo(-5 * 0.002, 9);
    });
  });
});

import { scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import { updatesOf } from "../transform.ts";
import { radam } from "./radam.ts";

describe("radam", () => {
  it("is gradient descent with its rate 0.001 for five steps under a constant gradient", () => {
    scope(() => {
      const parameters = { w: f64([0, 0]) };
      using optimizer = radam();
      const gradient = [-3, 1e3];
      for (let step = 0; step < 5; step++) {
        const updates = optimizer.update(updatesOf({ w: f64(gradient) }), { parameters, step });
        optimizer.apply(parameters, updates, step);
      }
      const [up, down] = parameters.w.dataSync();
      expect(up).toBeCloseTo(5 * 0.003, 14);
      expect(down).toBeCloseTo(-5, 12);
    });
  });
});

import { scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import { updatesOf } from "../transform.ts";
import { adagrad } from "./adagrad.ts";

describe("adagrad", () => {
  it("takes steps η/√t with η = 0.01 under a constant gradient", () => {
    scope(() => {
      const parameters = { w: f64([0, 0]) };
      using optimizer = adagrad();
      const gradient = [-3, 1e3];
      for (let step = 0; step < 3; step++) {
        const updates = optimizer.update(updatesOf({ w: f64(gradient) }), { parameters, step });
        optimizer.apply(parameters, updates, step);
      }
      const [up, down] = parameters.w.dataSync();
      const path = 0.01 * (1 + 1 / Math.sqrt(2) + 1 / Math.sqrt(3));
      expect(up).toBeCloseTo(path, 11); // ε = 1e-10 beside √s ≥ 3
      expect(down).toBeCloseTo(-path, 11);
    });
  });
});

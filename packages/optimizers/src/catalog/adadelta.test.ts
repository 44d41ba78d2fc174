import { scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import { updatesOf } from "../transform.ts";
import { adadelta } from "./adadelta.ts";

describe("adadelta", () => {
  it("takes a first step of √(ε/(1−ρ)) with ε = 1e-6, ρ = 0.95 and rate 1", () => {
    scope(() => {
      const parameters = { w: f64([0, 0]) };
      using optimizer = adadelta();
      const gradient = [-1e5, 1e6];
      for (let step = 0; step < 1; step++) {
        const updates = optimizer.update(updatesOf({ w: f64(gradient) }), { parameters, step });
        optimizer.apply(parameters, updates, step);
      }
      const [up, down] = parameters.w.dataSync();
      expect(up).toBeCloseTo(Math.sqrt(1e-6 / 0.05), 14);
      expect(down).toBeCloseTo(-Math.sqrt(1e-6 / 0.05), 14);
    });
  });
});

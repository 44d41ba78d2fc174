import { scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import { updatesOf } from "../transform.ts";
import { nadam } from "./nadam.ts";

describe("nadam", () => {
  it("takes a first step of its rate 0.002 times 1 + μ₂(1−β₁)/(1−μ₁μ₂)", () => {
    scope(() => {
      const parameters = { w: f64([0, 0]) };
      using optimizer = nadam({ epsilon: 0 });
      const gradient = [-3, 1e3];
      for (let step = 0; step < 1; step++) {
        const updates = optimizer.update(updatesOf({ w: f64(gradient) }), { parameters, step });
        optimizer.apply(parameters, updates, step);
      }
      const [up, down] = parameters.w.dataSync();
      const [now, ahead] = [0.9 * (1 - 0.5 * 0.96 ** 0.004), 0.9 * (1 - 0.5 * 0.96 ** 0.008)];
      const size = 0.002 * (1 + (0.1 * ahead) / (1 - now * ahead));
      expect(up).toBeCloseTo(size, 15);
      expect(down).toBeCloseTo(-size, 15);
    });
  });
});

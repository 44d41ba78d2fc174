import { scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import { updatesOf } from "../transform.ts";
import { rmsprop } from "./rmsprop.ts";

describe("rmsprop", () => {
  it("takes its momentum from scaled gradients: two steps by hand", () => {
    scope(() => {
      const parameters = { w: f64([0]) };
      using optimizer = rmsprop({ learningRate: 0.5, decay: 0.75, epsilon: 0, momentum: 0.5 });
      for (const [step, g] of [4, 2].entries()) {
        optimizer.apply(parameters, optimizer.update(updatesOf({ w: f64([g]) }), { parameters, step }), step);
      }
      // v = ¼·16 = 4, u = 2; then v = 3 + 1 = 4, u = ½·2 + 1 = 2
      expect(parameters.w.itemSync()).toBe(-0.5 * 2 - 0.5 * 2);
    });
  });
});

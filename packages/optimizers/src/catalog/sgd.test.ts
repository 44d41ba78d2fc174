import { scope, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import type { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { sgd } from "./sgd.ts";

/** w after steps with these gradients, from w = 8. */
function weightAfter(optimizer: Optimizer, gradients: readonly number[]): number {
  return scope(() => {
    using used = optimizer;
    const parameters = { w: f64([8]) };
    gradients.forEach((g, step) => {
      used.apply(parameters, used.update(updatesOf({ w: f64([g]) }), { parameters, step }), step);
    });
    return parameters.w.itemSync();
  });
}

describe("sgd", () => {
  it("takes w − η g without momentum, and keeps no state", () => {
    expect(weightAfter(sgd({ learningRate: 0.5 }), [2, -4])).toBe(9);
    expect(sgd().state).toBeNull();
  });

  it("takes w − η v with momentum: two steps by hand", () => {
    expect(weightAfter(sgd({ learningRate: 0.5, momentum: 0.5 }), [2, -4])).toBe(8 - 0.5 * 2 - 0.5 * (1 - 4));
    expect(weightAfter(sgd({ learningRate: 0.5, momentum: 0.5, dampening: 0.5 }), [2, -4])).toBe(8 - 1 - 0.5 * (1 - 2));
    expect(weightAfter(sgd({ learningRate: 0.5, momentum: 0.5, nesterov: true }), [2, -4])).toBe(
      8 - 1.5 - 0.5 * (-4 - 1.5),
    );
  });

  it("decays through the velocity when coupled, beside it when decoupled", () => {
    const options = { learningRate: 0.5, momentum: 0.5, weightDecay: 0.25 };
    // coupled: v = 2, w = 7; then v = 1 + 1.75
    expect(weightAfter(sgd(options), [0, 0])).toBe(7 - 0.5 * 2.75);
    // decoupled: w = 8 · 0.875²
    expect(weightAfter(sgd({ ...options, decoupled: true }), [0, 0])).toBe(8 * 0.875 ** 2);
  });

  it("is the same coupled and decoupled without momentum", () => {
    const options = { learningRate: 0.5, weightDecay: 0.25 };
    expect(weightAfter(sgd(options), [1, 2])).toBe(weightAfter(sgd({ ...options, decoupled: true }), [1, 2]));
  });

  it("refuses nesterov without momentum or with dampening", () => {
    expect(() => sgd({ nesterov: true })).toThrow(UsageError);
    expect(() => sgd({ nesterov: true, momentum: 0.9, dampening: 0.1 })).toThrow(
      "sgd: nesterov looks ahead along an undamped velocity (expected momentum > 0 and dampening 0, got momentum 0.9, dampening 0.1).",
    );
  });
});

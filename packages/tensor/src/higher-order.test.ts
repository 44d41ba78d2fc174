import { describe, expect, it } from "vitest";
import { higherOrder } from "./higher-order.ts";
import { ops } from "./index.ts";

describe("higherOrder", () => {
  it("gives every gradient that waits for it a VJP, and none before", () => {
    const gradients = [...ops.values()].filter(({ noVjp }) => noVjp?.includes("higherOrder()"));
    expect(gradients.map(({ name }) => name).sort()).toEqual([
      "conv2dInputGrad",
      "conv2dWeightGrad",
      "maxPoolGrad",
      "softmaxCrossEntropyGrad",
    ]);
    expect(gradients.every(({ vjp }) => vjp === undefined)).toBe(true);
    higherOrder();
    expect(gradients.every(({ vjp }) => vjp !== undefined)).toBe(true);
  });
});

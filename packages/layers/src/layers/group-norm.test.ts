import { UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { expectRightGradients, f64, random, ready } from "../../testing/index.ts";
import { GroupNorm } from "./group-norm.ts";

describe("GroupNorm", () => {
  it("normalizes groups of channels of each example", () => {
    const layer = ready(new GroupNorm({ groups: 2, features: 4, epsilon: 0 }));
    expect(layer.forward(f64([[1, 3, 10, 30]]))).toBeAllclose([[-1, 1, -1, 1]]);
  });

  it("has right gradients on vectors and on images", () => {
    expectRightGradients(ready(new GroupNorm({ groups: 2, features: 6 })), random([3, 6]));
    expectRightGradients(ready(new GroupNorm({ groups: 3, features: 6 })), random([2, 6, 2, 3]));
  });

  it("refuses groups that do not divide the features, and other inputs", () => {
    expect(() => new GroupNorm({ groups: 4, features: 6 })).toThrow(UsageError);
    expect(() => ready(new GroupNorm({ groups: 2, features: 6 })).forward(random([2, 4]))).toThrow(
      "norm: input has 4 features, layer expects 6",
    );
  });
});

import * as e from "@kronograd/tensor/expression";
import { describe, expect, it } from "vitest";
import { evaluate } from "./elementwise.ts";

describe("nodes that no input reaches", () => {
  it("are computed on the host, in float64", () => {
    const x = e.sub(e.constant(1), e.pow(e.parameter("beta"), e.parameter("step")));
    expect(evaluate(x, { beta: 0.9, step: 3 })).toBe(1 - 0.9 ** 3);
    expect(
      evaluate(e.select(e.greater(e.parameter("a"), e.constant(0)), e.constant(2), e.constant(3)), { a: -1 }),
    ).toBe(3);
  });
});

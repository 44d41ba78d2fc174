import { describe, expect, it } from "vitest";
import { isComparison, staysIntegral, topological } from "./expression.ts";
import * as e from "./primitives.ts";

const [x, y] = [e.input(0), e.input(1)];

describe("topological", () => {
  it("lists each node once, arguments first", () => {
    const shared = e.exp(x);
    const root = e.mul(shared, shared);
    expect(topological([root, shared])).toEqual([x, shared, root]);
  });
});

describe("isComparison and staysIntegral", () => {
  it("tell truth values and whole numbers from fractions", () => {
    expect(isComparison(e.greater(x, y))).toBe(true);
    expect(isComparison(e.add(x, y))).toBe(false);
    expect(staysIntegral(e.max(e.mul(x, e.constant(2)), e.neg(y)))).toBe(true);
    expect(staysIntegral(e.mul(x, e.constant(0.5)))).toBe(false);
    expect(staysIntegral(e.div(x, y))).toBe(false);
    expect(staysIntegral(e.mul(e.parameter("p"), x))).toBe(false);
  });
});

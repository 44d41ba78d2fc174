import type { Operand } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { describe, expect, it } from "vitest";
import { exact } from "../kit.ts";
import { mostOf } from "./elementwise.ts";

describe("how large a whole number can be", () => {
  const whole = (most: number) =>
    ({ dtype: "int32", shape: [1], strides: [1], offset: 0, handle: { most } }) as unknown as Operand;
  const [x, y] = [e.input(0), e.input(1)];

  it("follows from what it is made of", () => {
    const inputs = [whole(5), whole(7)];
    expect(mostOf(e.add(x, y), inputs, {})).toBe(12);
    expect(mostOf(e.sub(x, e.parameter("by")), inputs, { by: -3 })).toBe(8);
    expect(mostOf(e.select(e.greater(x, e.constant(2)), e.abs(y), x), inputs, {})).toBe(7);
    expect(mostOf(e.max(x, e.min(y, y)), inputs, {})).toBe(7);
    expect(mostOf(e.equal(x, y), [whole(exact), whole(exact)], {})).toBe(1);
  });

  it("is unknown where it may not be exact, not whole, or a negative zero", () => {
    expect(mostOf(e.add(x, y), [whole(exact), whole(1)], {})).toBe(Number.POSITIVE_INFINITY);
    expect(mostOf(e.min(e.add(x, x), y), [whole(exact), whole(1)], {})).toBe(Number.POSITIVE_INFINITY);
    for (const f of [e.neg(x), e.mul(x, y), e.div(x, y), e.add(x, e.constant(0.5))]) {
      expect(mostOf(f, [whole(1), whole(1)], {})).toBe(Number.POSITIVE_INFINITY);
    }
    expect(mostOf(x, [{ ...whole(1), dtype: "float32" }], {})).toBe(Number.POSITIVE_INFINITY);
  });
});

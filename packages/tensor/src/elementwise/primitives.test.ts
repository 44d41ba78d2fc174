import { describe, expect, it } from "vitest";
import type { Primitive } from "./expression.ts";
import * as e from "./primitives.ts";

/** One value of a primitive. */
function at(name: keyof typeof e, x: number, y = 0, z = 0): number {
  const out = Float64Array.of(Number.NaN, -7);
  const arguments_ = [e.input(0), e.input(1), e.input(2)];
  const word = new Map<string, unknown>(Object.entries(e)).get(name) as (...of: unknown[]) => e.Expression;
  const { loop } = word(...arguments_).primitive as Primitive;
  loop(1, out, Float64Array.of(x), Float64Array.of(y), Float64Array.of(z));
  expect(out[1]).toBe(-7); // nothing beyond the first place
  return out[0] as number;
}

describe("the words' loops", () => {
  it("sigmoid and softplus neither overflow nor lose small values", () => {
    expect(at("sigmoid", 0)).toBe(0.5);
    expect(at("sigmoid", 800)).toBe(1);
    expect(at("sigmoid", -800)).toBe(0);
    expect(at("sigmoid", -40)).toBeCloseTo(Math.exp(-40), 25);
    expect(at("softplus", 800)).toBe(800);
    expect(at("softplus", -800)).toBe(0);
    expect(at("softplus", 0)).toBe(Math.LN2);
    expect(at("softplus", -40)).toBeCloseTo(Math.exp(-40), 25);
  });

  it("max and min let NaN win, comparisons make it false", () => {
    for (const name of ["max", "min"] as const) {
      expect(at(name, Number.NaN, 1)).toBeNaN();
      expect(at(name, 1, Number.NaN)).toBeNaN();
    }
    for (const name of ["greater", "greaterEqual", "equal"] as const) {
      expect(at(name, Number.NaN, 1)).toBe(0);
      expect(at(name, 1, Number.NaN)).toBe(0);
      expect(at(name, Number.NaN, Number.NaN)).toBe(0);
    }
  });

  it("comparisons are strict or not at equality", () => {
    expect([at("greater", 2, 2), at("greaterEqual", 2, 2), at("equal", 2, 2)]).toEqual([0, 1, 1]);
  });

  it("select takes the second where the condition is not 0", () => {
    expect(at("select", 1, 5, Number.NaN)).toBe(5);
    expect(at("select", 0, Number.NaN, 6)).toBe(6);
  });

  it.each([
    ["add", 3, 4, 7],
    ["sub", 3, 4, -1],
    ["mul", 3, 4, 12],
    ["div", 3, 4, 0.75],
    ["pow", 2, 10, 1024],
    ["neg", 3, 0, -3],
    ["abs", -3, 0, 3],
    ["sign", -3, 0, -1],
    ["square", -3, 0, 9],
    ["sqrt", 9, 0, 3],
    ["floor", -1.5, 0, -2],
    ["exp", 1, 0, Math.E],
    ["expm1", 1e-20, 0, 1e-20],
    ["log", Math.E, 0, 1],
    ["log1p", 1e-20, 0, 1e-20],
    ["sin", Math.PI / 2, 0, 1],
    ["cos", Math.PI, 0, -1],
    ["tanh", 30, 0, 1],
  ] as const)("%s(%d, %d) is %d", (name, x, y, want) => {
    expect(at(name, x, y)).toBe(want);
  });
});

const x = e.input(0);

describe("builders", () => {
  it("fold 0 and 1", () => {
    const [zero, one] = [e.constant(0), e.constant(1)];
    expect([
      e.add(x, zero),
      e.add(zero, x),
      e.mul(one, x),
      e.mul(x, one),
      e.div(x, one),
      e.sub(x, zero),
      e.pow(x, one),
    ]).toEqual(new Array(7).fill(x));
    expect(e.mul(x, zero)).toMatchObject({ op: "constant", value: 0 });
    expect(e.sub(zero, x)).toEqual(e.neg(x));
  });
});

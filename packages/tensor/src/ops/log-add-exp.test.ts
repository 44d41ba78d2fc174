import { checkGradients } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { logAddExp } from "./log-add-exp.ts";

const at = (x: number, y: number) => logAddExp(tensor(x, { dtype: "float64" }), y).itemSync();

// Gradients of both orders, layouts and dtypes are tried by the op suite, which finds the op by itself.
describe("logAddExp", () => {
  it("equals values computed by hand", () => {
    expect(at(Math.log(2), Math.log(3))).toBeCloseTo(Math.log(5), 15);
    expect(at(0, 0)).toBe(Math.LN2);
  });

  it("does not overflow, and a number that is far smaller adds nothing", () => {
    expect(at(1000, 1000)).toBe(1000 + Math.LN2);
    expect([at(1, -1e10), at(-1e10, 1)]).toEqual([1, 1]);
  });

  it("treats −Infinity as the logarithm of 0, and keeps Infinity and NaN", () => {
    expect([at(-Infinity, 3), at(3, -Infinity), at(-Infinity, -Infinity)]).toEqual([3, 3, -Infinity]);
    expect([at(Infinity, 3), at(Infinity, Infinity), at(Number.NaN, 1)]).toEqual([Infinity, Infinity, Number.NaN]);
  });

  it("has right gradients of first and second order at a tie", () => {
    const tied = tensor([-1, 0, 2], { dtype: "float64" });
    checkGradients((x, y) => logAddExp(x as Tensor, y as Tensor), [tied, tensor(tied.dataSync())], { order: 2 });
  });
});

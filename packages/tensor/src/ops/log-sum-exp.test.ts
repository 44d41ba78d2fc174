import { describe, expect, it } from "vitest";
import { ones, tensor } from "../tensor/create.ts";
import { logSumExp } from "./log-sum-exp.ts";
import { transpose } from "./permute.ts";

const at = (...x: number[]) => logSumExp(tensor(x, { dtype: "float64" })).itemSync();

describe("logSumExp", () => {
  it("neither overflows nor underflows", () => {
    expect(at(1000, 1000)).toBe(1000 + Math.LN2);
    expect(at(-1000, -1000)).toBe(-1000 + Math.LN2);
    expect(at(0, -1000)).toBe(0);
  });

  it("knows infinities, NaN and nothing", () => {
    expect(at(-Infinity, 1)).toBe(1);
    expect(at(-Infinity, -Infinity)).toBe(-Infinity);
    expect(at(Infinity, 1)).toBe(Infinity);
    expect(at(Number.NaN, 1)).toBeNaN();
    expect(logSumExp(ones([0])).itemSync()).toBe(-Infinity);
  });

  it("goes over some axes and keeps them when asked to", () => {
    const x = tensor(
      [
        [0, 1],
        [2, 3],
      ],
      { dtype: "float64" },
    );
    const want = [Math.log(1 + Math.exp(2)), Math.log(Math.exp(1) + Math.exp(3))];
    logSumExp(x, 0)
      .dataSync()
      .forEach((value, i) => {
        expect(value).toBeCloseTo(want[i] as number, 14);
      });
    expect(logSumExp(transpose(x), 1).dataSync()).toEqual(logSumExp(x, 0).dataSync());
    expect(logSumExp(x, 0, { keepdims: true }).shape).toEqual([1, 2]);
  });
});

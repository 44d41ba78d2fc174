import { Rng, ShapeError, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, random } from "../../testing/index.ts";
import { expectRightDerivatives } from "../../testing/losses.ts";
import { huber } from "./huber.ts";

describe("huber", () => {
  it("is ½ r² near 0 and δ (|r| − δ/2) beyond δ", () => {
    const value = (r: number) =>
      huber({ delta: 2 })
        .value(f64([[r]]), f64([[0]]))
        .itemSync();
    expect([1, 2, 4, -4].map(value)).toEqual([0.5, 2, 6, 6]);
  });

  it("has right derivatives, and a Hessian product in closed form", () => {
    for (const reduction of ["mean", "sum"] as const) {
      expectRightDerivatives(huber({ reduction, delta: 0.7 }), random([4, 3]), random([4, 3], 2));
    }
  });

  it("refuses label sources that need a distribution, bad deltas and other shapes", () => {
    const columns = () => huber().labelColumns("exact", random([1, 1]), random([1, 1]), new Rng(0));
    expect(columns).toThrow(UsageError);
    expect(() => huber({ delta: 0 })).toThrow(UsageError);
    expect(() => huber().value(random([2, 1]), random([2]))).toThrow(ShapeError);
  });
});

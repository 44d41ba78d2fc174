import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { tensor } from "../tensor/create.ts";
import { shift } from "./arithmetic.ts";
import { transpose } from "./permute.ts";
import { logSoftmax, softmax } from "./softmax.ts";

const f64 = (x: number[] | number[][]) => tensor(x, { dtype: "float64" });
const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = f64([
  [1, 2, 4],
  [0, 0, 0],
]);

describe("softmax", () => {
  it("is positive, sums to 1, and has the ratios e^(difference)", () => {
    const [a, b, c, ...uniform] = values(softmax(x)) as [number, number, number, number, number, number];
    expect(a + b + c).toBeCloseTo(1, 15);
    expect(c / b).toBeCloseTo(Math.exp(2), 13);
    expect(uniform).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it("goes along any axis of any layout", () => {
    expect(values(softmax(transpose(x), 0))).toEqual(values(transpose(softmax(x))));
    expect(() => softmax(x, 2)).toThrow(UsageError);
  });

  it("does not change when all logits move together, up to ±1000", () => {
    for (const by of [1000, -1000]) expect(values(softmax(shift(x, by)))).toEqual(values(softmax(x)));
  });

  it("gives 0 to −Infinity (a masked position)", () => {
    expect(values(softmax(f64([0, -Infinity])))).toEqual([1, 0]);
  });
});

describe("logSoftmax", () => {
  it("is the logarithm of softmax, also where that is 0", () => {
    values(logSoftmax(x)).forEach((value, i) => {
      expect(value).toBeCloseTo(Math.log(values(softmax(x))[i] as number), 14);
    });
    expect(values(logSoftmax(f64([0, -1000])))).toEqual([0, -1000]);
  });
});

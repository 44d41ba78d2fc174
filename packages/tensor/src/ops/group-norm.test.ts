import { describe, expect, it } from "vitest";
import { ShapeError, UsageError } from "../errors.ts";
import { normal, ones, tensor, zeros } from "../tensor/create.ts";
import { Rng } from "../tensor/rng.ts";
import { groupNorm } from "./group-norm.ts";
import { mean } from "./mean.ts";
import { permute } from "./permute.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";

const f64 = { dtype: "float64" } as const;
const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());

describe("groupNorm", () => {
  it("is right by hand: groups of two channels, scaled by channel", () => {
    const x = tensor([[1, 3, 10, 30]], f64);
    const y = groupNorm(x, tensor([1, 2, 1, 2], f64), tensor([0, 0, 5, 5], f64), 2, 0);
    expect(values(y)).toEqual([-1, 2, 4, 7]);
  });

  it("normalises each example by itself", () => {
    const x = normal(new Rng(1), [3, 4, 5], f64);
    const norm = (t: typeof x) => groupNorm(t, ones([4], f64), zeros([4], f64), 2);
    expect(values(slice(norm(x), [[1, 2]]))).toEqual(values(norm(slice(x, [[1, 2]]))));
    for (const value of values(mean(reshape(norm(x), [3, 2, 10]), 2))) expect(Math.abs(value)).toBeLessThan(1e-14);
  });

  it("reads any layout", () => {
    const x = normal(new Rng(2), [4, 5, 3], f64);
    const y = permute(x, [2, 0, 1]);
    const packed = tensor(y.dataSync(), { shape: y.shape });
    const norm = (t: typeof x) => values(groupNorm(t, ones([4], f64), zeros([4], f64), 2));
    expect(norm(y)).toEqual(norm(packed));
  });

  it("refuses groups that do not divide the channels, and other shapes", () => {
    expect(() => groupNorm(ones([2, 6]), ones([6]), zeros([6]), 4)).toThrow(UsageError);
    expect(() => groupNorm(ones([2, 6]), ones([6]), zeros([6]), 0)).toThrow(
      "groupNorm: 6 channels do not divide into groups (got 0).",
    );
    expect(() => groupNorm(ones([2, 6]), ones([3]), zeros([6]), 2)).toThrow(ShapeError);
  });
});

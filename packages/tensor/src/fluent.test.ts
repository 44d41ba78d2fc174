import { describe, expect, it } from "vitest";
import "./fluent.ts";
import { tensor } from "./tensor/create.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [1, 2],
  [3, 4],
]);

describe("fluent methods", () => {
  it("are the functions of the same name", () => {
    expect(values(x.add(1).mul(x).sub(x).div(2).neg().scale(2))).toEqual([-1, -4, -9, -16]);
    expect(values(x.matmul(x.transpose()))).toEqual([5, 11, 11, 25]);
    expect(x.reshape([4, 1]).permute([1, 0]).shape).toEqual([1, 4]);
    expect(values(x.sum(0))).toEqual([4, 6]);
    expect(x.mean(1, { keepdims: true }).shape).toEqual([2, 1]);
    expect(x.mean().itemSync()).toBe(2.5);
  });

  it("do not show among the fields of a tensor", () => {
    expect(Object.keys(x)).not.toContain("add");
    const seen: string[] = [];
    for (const name in x) seen.push(name);
    expect(seen).not.toContain("add");
  });
});

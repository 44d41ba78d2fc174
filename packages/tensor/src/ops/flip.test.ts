import { describe, expect, it } from "vitest";
import { tensor } from "../tensor/create.ts";
import { flip } from "./flip.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [1, 2],
  [3, 4],
]);

describe("flip", () => {
  it("reverses axes as a view", () => {
    expect(values(flip(x))).toEqual([4, 3, 2, 1]);
    expect(values(flip(x, 1))).toEqual([2, 1, 4, 3]);
    expect(flip(x, 0).storage).toBe(x.storage);
  });

  it("twice is the identity", () => {
    expect(values(flip(flip(x, -1), -1))).toEqual(values(x));
  });
});

import { describe, expect, it } from "vitest";
import { tensor } from "../tensor/create.ts";
import { isContiguous } from "../tensor/shape.ts";
import { contiguous, copy } from "./contiguous.ts";
import { transpose } from "./permute.ts";

const x = tensor([
  [1, 2],
  [3, 4],
]);

describe("copy", () => {
  it("has a buffer of its own", () => {
    const copied = copy(x);
    expect(copied.dataSync()).toEqual(x.dataSync());
    expect(copied.storage).not.toBe(x.storage);
    expect(copied.id).not.toBe(x.id);
  });
});

describe("contiguous", () => {
  it("copies a transpose, row-major", () => {
    const packed = contiguous(transpose(x));
    expect(isContiguous(packed)).toBe(true);
    expect(Array.from(packed.dataSync())).toEqual([1, 3, 2, 4]);
  });

  it("is the same value without a copy where nothing is to be done, under a handle of its own", () => {
    const same = contiguous(x);
    expect([same.id, same.storage]).toEqual([x.id, x.storage]);
    same.dispose();
    expect(x.disposed).toBe(false);
  });
});

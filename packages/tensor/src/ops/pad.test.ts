import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { tensor } from "../tensor/create.ts";
import { pad } from "./pad.ts";
import { transpose } from "./permute.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [1, 2],
  [3, 4],
]);

describe("pad", () => {
  it("surrounds with zeros or another value", () => {
    expect(
      values(
        pad(x, [
          [0, 1],
          [1, 0],
        ]),
      ),
    ).toEqual([0, 1, 2, 0, 3, 4, 0, 0, 0]);
    expect(
      values(
        pad(
          transpose(x),
          [
            [0, 0],
            [0, 1],
          ],
          -Infinity,
        ),
      ),
    ).toEqual([1, 3, -Infinity, 2, 4, -Infinity]);
    expect(values(pad(tensor(5), []))).toEqual([5]);
  });

  it("refuses negative widths and a wrong number of them", () => {
    expect(() =>
      pad(x, [
        [0, -1],
        [0, 0],
      ]),
    ).toThrow(UsageError);
    expect(() => pad(x, [[1, 1]])).toThrow("expected 2 pairs [before, after]");
  });
});

import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { assertWhole } from "./checks.ts";

describe("assertWhole", () => {
  it("lets whole numbers from the least on pass", () => {
    for (const value of [1, 7, 2 ** 53 - 1]) expect(() => assertWhole("here", "groups", value)).not.toThrow();
    expect(() => assertWhole("here", "seed", 0, 0)).not.toThrow();
  });

  it("names the value, the bound and what came", () => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => assertWhole("here", "groups", value)).toThrow(UsageError);
    expect(() => assertWhole("here", "groups", 1.5)).toThrow("here: groups must be a whole number ≥ 1 (got 1.5).");
  });
});

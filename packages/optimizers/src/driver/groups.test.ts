import { describe, expect, it } from "vitest";
import { groupOf } from "./groups.ts";

describe("groupOf", () => {
  it("finds the first group that matches, by pattern, text or function", () => {
    const norm = { match: (name: string) => name.startsWith("norm"), weightDecay: 0 };
    const bias = { match: /\.bias$/, weightDecay: 0.1 };
    const first = { match: "^dense1", learningRateFactor: 0.5 };
    const find = groupOf([norm, bias, first]);
    expect(find("norm1.bias")).toBe(norm);
    expect(find("dense1.bias")).toBe(bias);
    expect(find("dense1.weight")).toBe(first);
    expect(find("dense2.weight")).toBeUndefined();
  });

  it("gives the same answer each time for a pattern with the flag g", () => {
    const find = groupOf([{ match: /bias/g }]);
    expect([find("a.bias"), find("a.bias")].every((group) => group !== undefined)).toBe(true);
  });
});

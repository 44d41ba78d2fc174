import { describe, expect, it } from "vitest";
import { merge } from "./layers.ts";

describe("merge", () => {
  it("lets flags beat --set, and --set a file", () => {
    const merged = merge([
      { from: "file", config: { batch: 1, seed: 1, data: "xor" } },
      { from: "set", config: { batch: 2, seed: 2 } },
      { from: "flags", config: { batch: 3 } },
    ]);
    expect(merged).toEqual({ batch: 3, seed: 2, data: "xor" });
  });

  it("lets a length replace every length below it", () => {
    const merged = merge([
      { from: "file", config: { epochs: 10, seconds: 60 } },
      { from: "flags", config: { steps: 5 } },
    ]);
    expect(merged).toEqual({ steps: 5 });
  });
});

import { describe, expect, it } from "vitest";
import { read } from "./flag-values.ts";

const refusal = expect.objectContaining({ name: "UsageError" });

describe("read", () => {
  it.each([
    ["count", "3", 3],
    ["whole", "0", 0],
    ["positive", "1e-3", 1e-3],
    ["text", "a b", "a b"],
    ["option", "", ""],
  ] as const)("takes %s from %j", (reader, text, value) => {
    expect(read[reader]("--flag", text)).toBe(value);
  });

  it.each([
    ["count", ["0", "1.5", "-1", "", " ", "x", "Infinity", "1e30"]],
    ["whole", ["-1", "0.5", ""]],
    ["positive", ["0", "-3", "NaN", "Infinity", ""]],
    ["text", [""]],
  ] as const)("refuses what is no %s", (reader, texts) => {
    for (const text of texts) expect(() => read[reader]("--flag", text), text).toThrow(refusal);
  });

  it("takes one of several choices only", () => {
    const choice = read.choice("linear", "cosine");
    expect(choice("--schedule", "cosine")).toBe("cosine");
    expect(() => choice("--schedule", "Cosine")).toThrow(
      "--schedule: value cannot be read (expected one of linear, cosine, got Cosine).",
    );
  });
});

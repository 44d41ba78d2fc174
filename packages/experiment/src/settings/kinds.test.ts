import { describe, expect, it } from "vitest";
import { choice as choiceOf, count, flag, positive, text, whole } from "./kinds.ts";

const refusal = expect.objectContaining({ name: "UsageError" });

const kinds = { count, whole, positive, text, flag };

describe("kinds", () => {
  it.each([
    ["count", "3", 3],
    ["whole", "0", 0],
    ["positive", "1e-3", 1e-3],
    ["text", "a b", "a b"],
    ["flag", "false", false],
  ] as const)("read %s from %j", (name, text, value) => {
    expect(kinds[name].read("--flag", text)).toBe(value);
    expect(kinds[name].accepts(value)).toBe(true);
  });

  it.each([
    ["count", ["0", "1.5", "-1", "", " ", "x", "Infinity", "1e30"]],
    ["whole", ["-1", "0.5", ""]],
    ["positive", ["0", "-3", "NaN", "Infinity", ""]],
    ["text", [""]],
    ["flag", ["yes", "1", ""]],
  ] as const)("refuse what is no %s", (name, texts) => {
    for (const text of texts) expect(() => kinds[name].read("--flag", text), text).toThrow(refusal);
  });

  it.each([
    ["count", [0, 1.5, "3", null, Number.NaN]],
    ["text", ["", 3, null, ["a"]]],
    ["flag", ["true", 1, null]],
  ] as const)("do not take for %s what only looks so", (name, values) => {
    for (const value of values) expect(kinds[name].accepts(value), String(value)).toBe(false);
  });

  it("take one of several choices only", () => {
    const choice = choiceOf("linear", "cosine");
    expect(choice.read("--schedule", "cosine")).toBe("cosine");
    expect(() => choice.read("--schedule", "Cosine")).toThrow(
      "--schedule: value cannot be read (expected one of linear, cosine, got Cosine).",
    );
  });
});

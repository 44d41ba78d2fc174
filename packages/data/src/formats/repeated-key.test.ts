import { describe, expect, it } from "vitest";
import { repeatedKey } from "./repeated-key.ts";

describe("repeatedKey", () => {
  it.each([
    ['{"a": 1, "b": 2, "a": 3}', "a"],
    ['{"x": {"a": 1, "a": 2}}', "a"],
    ['{"a": 1, "\\u0061": 2}', "a"],
    ['{"a" : [{"b": 1}, {"c": 1, "c" : 2}]}', "c"],
    ['{"": 1, "": 2}', ""],
  ])("finds the key that %s repeats", (json, key) => {
    expect(repeatedKey(json)).toBe(key);
  });

  it.each([
    '{"a": {"a": 1}, "b": {"a": 1}}',
    '{"a": "a", "b": "\\"a\\": {"}',
    '{"a": ["a", "a", {"b": 1}, {"b": 1}]}',
    "{}",
  ])("finds none in %s", (json) => {
    expect(repeatedKey(json)).toBeUndefined();
  });

  it("reads texts of megabytes", () => {
    const long = JSON.stringify({ tree: 'x"\\'.repeat(2_000_000), next: 1 });
    expect(repeatedKey(long)).toBeUndefined();
  });
});

import { DataError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { dataError, hex } from "./data-error.ts";

describe("dataError", () => {
  it("says file, place, expected, got and what to do", () => {
    const error = dataError("iris.csv", "cell is empty", {
      row: 12,
      column: "width",
      expected: "a number",
      got: '""',
      help: "Fill the value in.",
    });
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatchInlineSnapshot(
      `"iris.csv, row 12, column "width": cell is empty (expected a number, got ""). Fill the value in."`,
    );
    expect(error.details).toEqual({ file: "iris.csv", row: 12, column: "width", expected: "a number", got: '""' });
  });

  it("names the byte of a binary file", () => {
    const error = dataError("digits.idx", "file is cut short", {
      byte: 10,
      expected: 12,
      got: 10,
      help: "Get it again.",
    });
    expect(error.message).toBe("digits.idx, byte 10: file is cut short (expected 12, got 10). Get it again.");
  });
});

describe("hex", () => {
  it("prints two digits a byte", () => {
    expect(hex(Uint8Array.of(0, 8, 255))).toBe("00 08 ff");
  });
});

import {
  BackendError,
  CheckpointError,
  DataError,
  DtypeError,
  NumericalError,
  ShapeError,
  UsageError,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { exitCodeOf, messageOf } from "./exit.ts";

describe("exitCodeOf", () => {
  it.each([
    [UsageError, 1],
    [ShapeError, 1],
    [DtypeError, 1],
    [NumericalError, 2],
    [DataError, 3],
    [CheckpointError, 3],
    [BackendError, 4],
  ])("of %o is %i", (type, code) => {
    expect(exitCodeOf(new type({ where: "here", problem: "wrong" }))).toBe(code);
  });

  it("of anything else says that it is a bug", () => {
    expect(exitCodeOf(new TypeError("x is not a function"))).toBe(70);
    expect(exitCodeOf("text")).toBe(70);
  });
});

describe("messageOf", () => {
  it("is one line for our own errors, with their class", () => {
    expect(messageOf(new DataError({ where: "a.csv", problem: "cell is empty" }))).toBe(
      "DataError: a.csv: cell is empty.",
    );
  });

  it("has the stack of a bug", () => {
    expect(messageOf(new RangeError("boom"))).toMatch(/^RangeError: boom\n {4}at .*\nThis is a bug in kronograd/s);
  });
});

import { describe, expect, it } from "vitest";
import {
  BackendError,
  CheckpointError,
  DataError,
  DtypeError,
  KronogradError,
  literal,
  NumericalError,
  nearest,
  ShapeError,
  show,
  UsageError,
} from "./errors.ts";
import { add } from "./ops/arithmetic.ts";
import { ones, tensor } from "./tensor/create.ts";

/** What `f` throws. */
function thrown(f: () => unknown): KronogradError {
  try {
    f();
  } catch (error) {
    if (error instanceof KronogradError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("errors", () => {
  it("say where, what is wrong, both values and what to do", () => {
    const error = new NumericalError({
      where: "cholesky",
      problem: "A is not positive definite",
      expected: "pivots > 0",
      got: "pivot 17 = -3.1e-4",
      help: "Raise damping.",
      details: { pivot: 17 },
    });
    expect(String(error)).toBe(
      "NumericalError: cholesky: A is not positive definite (expected pivots > 0, got pivot 17 = -3.1e-4). Raise damping.",
    );
    expect(error.details).toEqual({ pivot: 17 });
  });

  it("leave out what they do not know", () => {
    expect(new UsageError({ where: "train", problem: "no data" }).message).toBe("train: no data.");
    expect(new DataError({ where: "a.idx", problem: "cut short", got: 12 }).message).toBe("a.idx: cut short (got 12).");
  });

  it.each([
    [UsageError, "UsageError"],
    [ShapeError, "ShapeError"],
    [DtypeError, "DtypeError"],
    [BackendError, "BackendError"],
    [NumericalError, "NumericalError"],
    [DataError, "DataError"],
    [CheckpointError, "CheckpointError"],
  ])("%o has its own name and is a KronogradError and an Error", (Class, name) => {
    const error = new Class({ where: "here", problem: "wrong", cause: "reason" });
    expect(error.name).toBe(name);
    expect(error).toBeInstanceOf(KronogradError);
    expect(error).toBeInstanceOf(Error);
    expect(error.cause).toBe("reason");
  });

  it("read well where they really occur", () => {
    const shape = thrown(() => add(ones([32, 784]), ones([800])));
    expect(shape).toBeInstanceOf(ShapeError);
    expect(shape.message).toBe(
      "add: shapes [32, 784] and [800] do not broadcast: 784 ≠ 800. Sizes must be equal or 1, aligned at the right.",
    );
    const dtype = thrown(() => add(ones([2]), ones([2], { dtype: "float64" })));
    expect(dtype).toBeInstanceOf(DtypeError);
    expect(dtype.message).toBe(
      "add: float32 and float64 do not mix (got [float32, float64]). Convert one side with cast(x, dtype).",
    );
    const usage = thrown(() => tensor([1.5], { dtype: "int32" }));
    expect(usage).toBeInstanceOf(UsageError);
    expect(usage.message).toBe(
      "tensor: value 0 does not fit into int32 (got 1.5). Round the values, or make a float tensor and cast it.",
    );
  });
});

describe("show", () => {
  it("prints shapes with brackets and strings bare", () => {
    expect(show([2, [3, "n"]])).toBe("[2, [3, n]]");
    expect(show(undefined)).toBe("undefined");
  });

  it('quotes a text that would read as a number, a truth value or nothing: sgd({ learningRate: "0.1" }) got "0.1"', () => {
    expect(["0.1", " 3 ", "", "1e-3", "Infinity", "NaN", "true", "null", "undefined"].map(show)).toEqual([
      '"0.1"',
      '" 3 "',
      '""',
      '"1e-3"',
      '"Infinity"',
      '"NaN"',
      '"true"',
      '"null"',
      '"undefined"',
    ]);
    expect([0.1, true, null, "12 bytes", "relu", "none of them"].map(show)).toEqual([
      "0.1",
      "true",
      "null",
      "12 bytes",
      "relu",
      "none of them",
    ]);
  });
});

describe("literal", () => {
  it("puts texts in quotes and shows the fields of objects", () => {
    expect(["a", "3", 3, null, true, [1], { a: 1 }].map((value) => show(literal(value)))).toEqual([
      '"a"',
      '"3"',
      "3",
      "null",
      "true",
      "[1]",
      '{"a":1}',
    ]);
  });
});

describe("nearest", () => {
  it("finds the name that was meant", () => {
    expect(nearest("skfca", ["sgd", "skfac", "kfac"])).toBe("skfac");
    expect(nearest("ADAM", ["sgd", "adam"])).toBe("adam");
  });

  it("finds none where none is near", () => {
    expect(nearest("momentum", ["sgd", "adam"])).toBeUndefined();
    expect(nearest("x", [])).toBeUndefined();
  });
});

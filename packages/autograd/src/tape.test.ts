import {
  add,
  cpu,
  defineOp,
  detach,
  dispatchInto,
  elementwise,
  exp,
  linear,
  mul,
  type NestedNumbers,
  relu,
  run,
  scale,
  scope,
  setRecorder,
  sum,
  type Tensor,
  tensor,
  UsageError,
} from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { describe, expect, it } from "vitest";
import { Tape } from "./tape.ts";

const f64 = (values: NestedNumbers): Tensor => tensor(values, { dtype: "float64" });

/** A tape that watches some tensors, and what `f` gave under it. */
function record<T>(watched: readonly Tensor[], f: () => T): { tape: Tape; result: T } {
  const tape = new Tape();
  for (const t of watched) tape.watch(t);
  return { tape, result: tape.run(f) };
}

/** Names of the ops that `f` runs. */
function opsOf(f: () => void): string[] {
  const names: string[] = [];
  const previous = setRecorder({ record: (op) => void names.push(op.name) });
  try {
    f();
  } finally {
    setRecorder(previous);
  }
  return names;
}

const double = elementwise("tapeTestDouble", (x) => e.add(x, x));
const noGradient = elementwise("tapeTestNoGradient", (x) => e.add(x, x), { noVjp: "it is a test" });
const undeclared = defineOp({
  name: "tapeTestUndeclared",
  shape: ([x]) => [x!],
  reference: ([out], [x]) => void out!.data.set(x!.data),
  vjp: { pull: ([cotangent], saved) => [mul(cotangent!, saved.input(0))] },
});

describe("Tape", () => {
  it("pulls a cotangent back through a product", () => {
    const [x, y] = [f64([2, 3]), f64([5, 7])];
    const { tape, result } = record([x, y], () => mul(x, y));
    const [dx, dy] = tape.backward([[result, f64([1, 10])]], [x, y]);
    expect(dx).toBeAllclose([5, 70]);
    expect(dy).toBeAllclose([2, 30]);
  });

  it("adds what arrives by several paths", () => {
    const x = f64([2, 3]);
    const { tape, result } = record([x], () => add(mul(x, x), scale(x, 3)));
    expect(tape.backward([[result, f64([1, 1])]], [x])[0]).toBeAllclose([7, 9]);
  });

  it("takes several seeds, also for one result", () => {
    const x = f64([2, 3]);
    const { tape, result } = record([x], () => ({ a: scale(x, 2), b: mul(x, x) }));
    const seeds = [
      [result.a, f64([1, 0])],
      [result.a, f64([0, 1])],
      [result.b, f64([1, 1])],
    ] as const;
    expect(tape.backward(seeds, [x])[0]).toBeAllclose([6, 8]);
  });

  it("gives null where no path leads", () => {
    const [x, y, stranger] = [f64([1]), f64([2]), f64([3])];
    const { tape, result } = record([x, y], () => ({ a: exp(x), b: exp(y) }));
    expect(tape.backward([[result.a, f64([1])]], [y, stranger])).toEqual([null, null]);
  });

  it("gives cotangents of results in the middle, complete, and goes on behind them", () => {
    const x = f64([2]);
    const { tape, result } = record([x], () => {
      const middle = mul(x, x);
      return { middle, end: add(mul(middle, middle), middle) };
    });
    const [dMiddle, dx] = tape.backward([[result.end, f64([1])]], [result.middle, x]);
    expect(dMiddle).toBeAllclose([9]); // 2·4 + 1
    expect(dx).toBeAllclose([36]);
  });

  it("gives the seed itself for a result that is wanted", () => {
    const x = f64([2]);
    const { tape, result } = record([x], () => exp(x));
    const seed = f64([5]);
    expect(tape.backward([[result, seed]], [result])[0]).toBeAllclose([5]);
    expect(seed.disposed).toBe(false);
  });

  it("can be gone back through many times", () => {
    const x = f64([1, 2]);
    const { tape, result } = record([x], () => mul(x, x));
    expect(tape.backward([[result, f64([1, 0])]], [x])[0]).toBeAllclose([2, 0]);
    expect(tape.backward([[result, f64([0, 1])]], [x])[0]).toBeAllclose([0, 4]);
  });

  it("does not see through detach", () => {
    const x = f64([3]);
    const { tape, result } = record([x], () => mul(x, detach(x)));
    expect(tape.backward([[result, f64([1])]], [x])[0]).toBeAllclose([3]);
  });

  it("runs a vjp only for the inputs that are wanted", () => {
    const [x, weight] = [f64([[1, 2]]), f64([[3, 4]])];
    const { tape, result } = record([x, weight], () => relu(linear(x, weight, null)));
    const one = f64([[1]]);
    expect(opsOf(() => tape.backward([[result, one]], [weight])).filter((name) => name === "matmul")).toHaveLength(1);
    const both = opsOf(() => tape.backward([[result, one]], [x, weight])).filter((name) => name === "matmul");
    expect(both).toHaveLength(2);
  });
});

describe("Tape.savedTensors", () => {
  it("is 0 for ops whose vjp reads nothing, and for tensors that are not watched", () => {
    const [x, y] = [f64([1, 2]), f64([3, 4])];
    expect(record([x], () => sum(add(x, y))).tape.savedTensors).toBe(0);
    expect(record([x], () => exp(mul(y, y))).tape.savedTensors).toBe(0);
  });

  it("counts only what the wanted inputs' vjps read", () => {
    const [x, y] = [f64([1, 2]), f64([3, 4])];
    expect(record([x], () => mul(x, y)).tape.savedTensors).toBe(1); // y
    expect(record([x, y], () => mul(x, y)).tape.savedTensors).toBe(2);
  });

  it("counts a tensor that many ops save once", () => {
    const x = f64([1, 2]);
    expect(record([x], () => mul(mul(x, x), x)).tape.savedTensors).toBe(2); // x and x²
  });
});

describe("Tape.uses", () => {
  it("counts the ops that read a tensor", () => {
    const [x, y] = [f64([1]), f64([2])];
    const { tape } = record([x], () => add(mul(x, x), mul(x, y)));
    expect(tape.uses(x)).toBe(2);
    expect(tape.uses(y)).toBe(1);
  });
});

describe("errors of Tape.backward", () => {
  it("refuses a saved tensor that was changed in place", () => {
    const [x, y] = [f64([2]), f64([3])];
    const { tape, result } = record([x], () => mul(x, y));
    dispatchInto(double, [y], [y], {});
    expect(() => tape.backward([[result, f64([1])]], [x])).toThrow(/changed in place/);
  });

  it("does not mind a change to what it did not save", () => {
    const [x, y] = [f64([2]), f64([3])];
    const { tape, result } = record([x], () => add(x, y));
    dispatchInto(double, [y], [y], {});
    expect(tape.backward([[result, f64([1])]], [x])[0]).toBeAllclose([1]);
  });

  it("names an op without derivative, but only on a path that is asked for", () => {
    const [x, y] = [f64([2]), f64([3])];
    const { tape, result } = record([x, y], () => add(run(noGradient, [x], {}), y));
    expect(tape.backward([[result, f64([1])]], [y])[0]).toBeAllclose([1]);
    expect(() => tape.backward([[result, f64([1])]], [x])).toThrow(UsageError);
    expect(() => tape.backward([[result, f64([1])]], [x])).toThrow(
      /tapeTestNoGradient: has no derivative: it is a test/,
    );
  });

  it("names a vjp that reads what it did not declare", () => {
    const x = f64([2]);
    const { tape, result } = record([x], () => run(undeclared, [x], {}));
    expect(() => tape.backward([[result, f64([1])]], [x])).toThrow(/did not declare as saved/);
  });

  it("leaves no tensor behind after an error", () => {
    const x = f64([2]);
    const seed = f64([1]);
    const { tape, result } = record([x], () => run(noGradient, [exp(x)], {}));
    const before = cpu.memory.tensors;
    expect(() => scope(() => tape.backward([[result, seed]], [x]))).toThrow(UsageError);
    expect(cpu.memory.tensors).toBe(before);
  });
});

describe("nested tapes", () => {
  it("let the outer one record what the inner one computes on its way back", () => {
    const x = f64([2]);
    const { tape: outer, result: slope } = record([x], () => {
      const { tape, result } = record([x], () => mul(mul(x, x), x));
      return tape.backward([[result, f64([1])]], [x])[0] as Tensor;
    });
    expect(slope).toBeAllclose([12]); // 3x²
    expect(outer.backward([[slope, f64([1])]], [x])[0]).toBeAllclose([12]); // 6x
  });

  it("leave the recorder as it was, also after an error", () => {
    const seen: string[] = [];
    const counter = { record: (op: { name: string }) => void seen.push(op.name) };
    const previous = setRecorder(counter);
    try {
      const x = f64([1]);
      record([x], () => exp(x));
      expect(() =>
        record([x], () =>
          record([x], () => {
            throw new Error("stop");
          }),
        ),
      ).toThrow("stop");
      exp(x);
      expect(seen).toEqual(["exp", "exp"]);
      expect(setRecorder(counter)).toBe(counter);
    } finally {
      setRecorder(previous);
    }
  });
});

describe("memory of a tape", () => {
  it("is given back when it is disposed of", () => {
    const x = f64([1, 2]);
    const before = { ...cpu.memory };
    scope(() => {
      using tape = record([x], () => sum(mul(exp(x), exp(x)))).tape;
      expect(tape.savedTensors).toBeGreaterThan(0);
    });
    expect(cpu.memory.tensors).toBe(before.tensors);
    expect(cpu.memory.bytes).toBe(before.bytes);
  });

  it("keeps saved tensors alive when the scope that made them is gone", () => {
    const x = f64([1, 2]);
    const { tape, result } = record([x], () => scope(() => sum(mul(exp(x), exp(x)))));
    const [dx] = tape.backward([[result, tensor(1, { dtype: "float64" })]], [x]);
    expect(dx).toBeAllclose([2 * Math.exp(2), 2 * Math.exp(4)]);
  });

  it("leaves only the results of a backward pass alive", () => {
    const x = f64([1, 2]);
    const { tape, result } = record([x], () => scope(() => sum(mul(exp(x), x))));
    const seed = tensor(1, { dtype: "float64" });
    const before = cpu.memory.tensors;
    const results = scope(() => tape.backward([[result, seed]], [x]));
    expect(cpu.memory.tensors).toBe(before + 1);
    results[0]?.dispose();
    tape[Symbol.dispose]();
  });
});

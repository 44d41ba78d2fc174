import { describe, expect, it } from "vitest";
import {
  call,
  F32,
  float,
  I32,
  i32,
  int,
  least,
  loopWhile,
  Module,
  most,
  range,
  select,
  set,
  step,
  times,
  when,
} from "./assembler.ts";
import { f32x4 } from "./lanes.ts";
import { Memory } from "./memory.ts";
import { createRuntime } from "./runtime.ts";

/** Compile one exported function. */
function compile(write: (module: Module) => void): (...operands: number[]) => number {
  const module = new Module();
  write(module);
  return createRuntime(new Memory({ maximumPages: 1 }), { fused: false, paired: false }).link<"f">(module).f;
}

describe("assembler", () => {
  it("encodes integers of every length", () => {
    for (const value of [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, -8192, 2 ** 20, 2 ** 31 - 1, -(2 ** 31)]) {
      const f = compile((m) => m.define("f", [], () => int(value), I32));
      expect(f()).toBe(value);
    }
  });

  it("reads a local by naming it", () => {
    const f = compile((m) => m.define("f", [I32, I32], (_, a, b) => i32.sub(i32.mul(a, int(10)), b), I32));
    expect(f(4, 2)).toBe(38);
  });

  it("has loops that run from nothing to many turns", () => {
    const f = compile((m) =>
      m.define(
        "f",
        [I32],
        (f, n) => {
          const [i, sum, turns] = f.many(3);
          return [
            range(i, int(0), n, int(3), step(sum, i)),
            set(turns, n),
            times(turns, step(sum, int(100))),
            loopWhile(i32.greater(n, int(0)), step(n, int(-1)), step(sum, int(1000))),
            sum,
          ];
        },
        I32,
      ),
    );
    expect([0, 1, 4, 7].map((n) => f(n))).toEqual([0, 1100, 4403, 7709]);
  });

  it("branches, selects and calls", () => {
    const f = compile((m) => {
      const clamp = m.define(null, [I32], (_, x) => least(most(x, int(0)), int(9)), I32);
      return m.define(
        "f",
        [I32],
        (f, x) => {
          const y = f.local();
          return [
            when(i32.less(x, int(0)), set(y, int(-5)), set(y, call(clamp, x))),
            select(i32.equal(x, int(3)), int(33), y),
          ];
        },
        I32,
      );
    });
    expect([-7, 3, 5, 50].map((x) => f(x))).toEqual([-5, 33, 5, 9]);
  });

  it("fills and reads lanes", () => {
    const f = compile((m) =>
      m.define("f", [F32], (_, x) => f32x4.lane(f32x4.mul(f32x4.splat(x), f32x4.constant(0.5)), 3), F32),
    );
    expect(f(3)).toBe(1.5);
  });

  it("leaves what does not type-check to the engine", () => {
    expect(() => compile((m) => m.define("f", [], () => i32.add(int(1), float(1)), I32))).toThrow(
      WebAssembly.CompileError,
    );
  });
});

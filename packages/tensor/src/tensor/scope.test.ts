import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cpu } from "../backends/cpu.ts";
import { UsageError } from "../errors.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { transpose } from "../ops/permute.ts";
import { reshape } from "../ops/reshape.ts";
import { slice } from "../ops/slice.ts";
import { sum } from "../ops/sum-broadcast.ts";
import { ones, tensor } from "./create.ts";
import { openScope, scope } from "./scope.ts";
import { retain, type Tensor, tensorsIn } from "./tensor.ts";
import { heldTensors } from "./tracked.ts";

const { memory } = cpu;
let before = { ...memory };
const grown = () => ({ tensors: memory.tensors - before.tensors, buffers: memory.buffers - before.buffers });

beforeEach(() => {
  before = { ...memory };
});

/** Every test leaves handles and buffers as it found them. */
afterEach(() => {
  expect(grown()).toEqual({ tensors: 0, buffers: 0 });
  expect(memory.bytes).toBe(before.bytes);
});

describe("scope", () => {
  it("drops what its function made and keeps what it returns", () => {
    const total = scope(() => sum(mul(ones([3]), 2)));
    expect(grown()).toEqual({ tensors: 1, buffers: 1 });
    expect(total.itemSync()).toBe(6);
    total.dispose();
  });

  it("finds results in arrays, records, maps, sets and objects that list them", () => {
    class Lazy {
      readonly #hidden: Tensor;
      constructor(hidden: Tensor) {
        this.#hidden = hidden;
      }
      [heldTensors]() {
        return [this.#hidden];
      }
    }
    const made: Tensor[] = [];
    const one = () => {
      const t = ones([1]);
      made.push(t);
      return t;
    };
    scope(() => [
      one(),
      { a: one(), b: { c: one() } },
      new Map([["m", one()]]),
      new Set([one()]),
      new Lazy(one()),
      null,
      3,
    ]);
    expect(made.map((t) => t.disposed)).toEqual(new Array(6).fill(false));
    for (const t of made) t.dispose();
  });

  it("survives results that contain themselves", () => {
    const loop: { self?: unknown; t?: Tensor } = {};
    scope(() => {
      loop.self = loop;
      loop.t = ones([1]);
      return loop;
    });
    expect(loop.t?.disposed).toBe(false);
    loop.t?.dispose();
  });

  it("hands its result to the scope around it", () => {
    const kept = scope(() => {
      const inner = scope(() => add(ones([2]), 1));
      expect(inner.disposed).toBe(false);
      return mul(inner, 2);
    });
    expect(grown()).toEqual({ tensors: 1, buffers: 1 });
    kept.dispose();
  });

  it("leaves tensors from outside alone, also when they are its result", () => {
    const outside = ones([2]);
    const back = scope(() => outside);
    expect(back).toBe(outside);
    scope(() => {
      add(outside, 1);
    });
    expect(outside.disposed).toBe(false);
    outside.dispose();
  });

  it("drops everything when its function throws, and passes the error on", () => {
    expect(() =>
      scope(() => {
        ones([4]);
        throw new RangeError("mine");
      }),
    ).toThrow(RangeError);
    expect(grown()).toEqual({ tensors: 0, buffers: 0 });
  });

  it("throws a UsageError on a promise, and drops the handles", () => {
    const call = () =>
      scope(async () => {
        ones([2]);
      });
    expect(call).toThrow(UsageError);
    expect(call).toThrow("Use `using s = openScope()` in asynchronous code.");
  });

  it("takes an explicit dispose inside of it", () => {
    scope(() => {
      const t = ones([2]);
      t.dispose();
      t.dispose();
    });
  });

  it("returns to the baseline after 10 000 ops", () => {
    const x = tensor([1, 2, 3]);
    for (let i = 0; i < 2500; i++) {
      scope(() => sum(mul(add(x, 1), x), 0)).dispose();
    }
    expect(grown()).toEqual({ tensors: 1, buffers: 1 });
    x.dispose();
  });
});

describe("views", () => {
  it("keep their buffer alive when its first handle is gone", () => {
    const view = scope(() => {
      const x = tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      return slice(transpose(x), [[1]]);
    });
    expect(grown()).toEqual({ tensors: 1, buffers: 1 });
    expect(Array.from(view.dataSync())).toEqual([2, 5, 3, 6]);
    view.dispose();
  });

  it("that change nothing are handles of their own", () => {
    const x = ones([2, 3]);
    reshape(x, [2, 3]).dispose();
    sum(x, []).dispose();
    expect(x.disposed).toBe(false);
    x.dispose();
  });
});

describe("using", () => {
  it("drops a handle at the end of its block", () => {
    {
      using x = ones([2]);
      expect(x.disposed).toBe(false);
    }
    expect(grown().tensors).toBe(0);
  });
});

describe("openScope", () => {
  it("lives through awaits and keeps what it is told to", async () => {
    let kept: Tensor;
    {
      using s = openScope();
      const x = ones([2]);
      await Promise.resolve();
      kept = s.keep(add(x, 1));
      await kept.data();
      expect(x.disposed).toBe(false);
    }
    expect(grown()).toEqual({ tensors: 1, buffers: 1 });
    kept.dispose();
  });

  it("hands kept tensors to the scope around it", () => {
    scope(() => {
      using s = openScope();
      s.keep(ones([1]));
    });
  });

  it("must close in reverse order of opening", () => {
    const first = openScope();
    const second = openScope();
    expect(() => first[Symbol.dispose]()).toThrow("scopes must close in reverse order of opening");
    second[Symbol.dispose]();
    first[Symbol.dispose]();
  });
});

describe("retain", () => {
  it("gives a handle that no scope drops, to the same value", () => {
    const alias = scope(() => {
      const x = tensor([5]);
      const second = retain(x);
      expect(second.id).toBe(x.id);
      return () => second; // a closure hides it from the scope
    })();
    expect(alias.disposed).toBe(false);
    expect(alias.itemSync()).toBe(5);
    alias.dispose();
  });
});

describe("tensorsIn", () => {
  it("does not look into class instances that do not list their tensors", () => {
    class Opaque {
      readonly t = ones([1]);
    }
    const opaque = new Opaque();
    expect([...tensorsIn([opaque, new Float32Array(2), "text"])]).toEqual([]);
    opaque.t.dispose();
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Backend, Kernel } from "../backend.ts";
import { cpu } from "../backends/cpu.ts";
import { Device } from "../device.ts";
import { elementwise } from "../elementwise/elementwise.ts";
import * as e from "../elementwise/primitives.ts";
import { BackendError, DtypeError, ShapeError, UsageError } from "../errors.ts";
import { mulOp } from "../ops/arithmetic.ts";
import { transpose } from "../ops/permute.ts";
import { slice } from "../ops/slice.ts";
import { sum } from "../ops/sum-broadcast.ts";
import { ones, tensor, zeros } from "../tensor/create.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import { dispatch, dispatchInto, empty, run, setRecorder } from "./dispatch.ts";
import { type ComputeOp, defineOp, opRegistry } from "./op.ts";

const values = (t: { dataSync(): TypedArray }) => Array.from(t.dataSync());

/** x + params.by, with plain loops. */
const shiftOp = defineOp<{ readonly by: number }>({
  name: "test.shift",
  noVjp: "only for this test",
  shape: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  reference([out], [x], { by }) {
    for (let i = 0; i < out!.shape[0]!; i++) out!.data[out!.offset + i] = x!.data[x!.offset + i * x!.strides[0]!]! + by;
  },
});

/** A device with these kernels, which keeps its arrays where references cannot see them unless `host` is asked for. */
function deviceWith(
  kernels: Record<string, Kernel>,
  { strict = false, ...more }: Partial<Backend> & { strict?: boolean } = {},
) {
  const backend: Backend = {
    name: "testing",
    adapter: "test",
    kernels: new Map(Object.entries(kernels)),
    allocate: (dtype, length) => cpu.backend.allocate(dtype, length),
    free: (handle) => cpu.backend.free(handle),
    write: (handle, values) => cpu.backend.write(handle, values),
    read: (handle) => cpu.backend.read(handle),
    ...more,
  };
  return new Device(backend, { strict });
}
const host = (handle: unknown) => handle as TypedArray;

describe("defineOp", () => {
  it("enters the op in the registry", () => {
    expect(opRegistry.get("test.shift")).toBe(shiftOp);
  });

  it("refuses a name that is taken, and as a type an op that hides its derivative", () => {
    expect(() => defineOp({ ...shiftOp, noVjp: "a test" })).toThrow('defineOp: op "test.shift" is defined twice.');
    const { noVjp: _, vjp: __, ...silent } = shiftOp;
    // @ts-expect-error neither vjp nor noVjp
    expect(() => defineOp(silent)).toThrow("is defined twice");
  });
});

describe("dispatch", () => {
  it("runs the device's kernel where there is one, and counts it", () => {
    const kernel: Kernel = ([out], [x], { by }) => {
      const [target, source] = [out!.handle as TypedArray, x!.handle as TypedArray];
      for (let i = 0; i < target.length; i++) target[i] = source[i]! + by * 100;
      return true;
    };
    const device = deviceWith({ "test.shift": kernel });
    expect(values(run(shiftOp, [ones([2], { device })], { by: 1 }))).toEqual([101, 101]);
    expect(device.coverage.get("test.shift")).toMatchObject({ kernel: 1, reference: 0 });
  });

  it("falls back to the reference where there is none, and counts that", () => {
    const device = deviceWith({}, { host });
    const x = tensor([1, 2, 3], { device });
    expect(values(run(shiftOp, [x], { by: 1 }))).toEqual([2, 3, 4]);
    run(shiftOp, [x], { by: 2 });
    expect(device.coverage.get("test.shift")).toMatchObject({ kernel: 0, reference: 2 });
  });

  it("falls back where the kernel declines", () => {
    const device = deviceWith({ "test.shift": () => false }, { host });
    expect(values(run(shiftOp, [ones([1], { device })], { by: 1 }))).toEqual([2]);
    expect(device.coverage.get("test.shift")).toMatchObject({ kernel: 0, reference: 1 });
  });

  it("counts a kernel that ran the reference itself apart, which a strict device allows", () => {
    const device = deviceWith({ "test.shift": () => "reference" }, { strict: true });
    run(shiftOp, [ones([1], { device })], { by: 1 });
    expect(device.coverage.get("test.shift")).toEqual({ kernel: 0, reference: 0, referenceInKernel: 1 });
  });

  it("falls back for a dtype that is not the device's own, without asking the kernel", () => {
    const asked: string[] = [];
    const kernel: Kernel = (_, [x]) => asked.push(x!.dtype) > 0;
    const host = (handle: unknown) => handle as TypedArray;
    const device = deviceWith({ "test.shift": kernel }, { host, dtypes: new Set(["float32"] as const) });
    const wide = run(shiftOp, [tensor([1, 2], { device, dtype: "float64" })], { by: 1 });
    run(shiftOp, [tensor([1, 2], { device })], { by: 1 });
    expect(values(wide)).toEqual([2, 3]);
    expect(asked).toEqual(["float32"]);
    expect(device.coverage.get("test.shift")).toMatchObject({ kernel: 1, reference: 1 });
  });

  it("finds a kernel by family, but one of the op's own first", () => {
    const write =
      (value: number): Kernel =>
      ([out]) => {
        (out!.handle as TypedArray).fill(value);
        return true;
      };
    const device = deviceWith({ elementwise: write(5) });
    const both = deviceWith({ elementwise: write(5), mul: write(6) });
    expect(values(run(mulOp, [ones([1], { device }), ones([1], { device })], {}))).toEqual([5]);
    expect(values(run(mulOp, [ones([1], { device: both }), ones([1], { device: both })], {}))).toEqual([6]);
  });

  it("throws on a strict device instead of falling back", () => {
    const device = deviceWith({}, { strict: true, host });
    const call = () => run(shiftOp, [ones([2], { device })], { by: 1 });
    expect(call).toThrow(BackendError);
    expect(call).toThrow(
      'test.shift: device "testing" is strict and has no kernel for this call (got [Tensor [2] float32 on testing]).',
    );
  });

  it("lets the backend run the reference where it has no host memory, and refuses where it cannot", () => {
    const running = deviceWith(
      {},
      {
        runReference(reference, outputs, inputs) {
          const view = (o: (typeof outputs)[number]) => ({ ...o, data: o.handle as TypedArray });
          reference(outputs.map(view), inputs.map(view));
        },
      },
    );
    expect(values(run(shiftOp, [ones([2], { device: running })], { by: 3 }))).toEqual([4, 4]);
    const bare = deviceWith({});
    expect(() => run(shiftOp, [ones([2], { device: bare })], { by: 3 })).toThrow(
      'test.shift: backend "testing" has no kernel and cannot run references.',
    );
  });

  it("refuses inputs on two devices, disposed inputs, and none", () => {
    const device = deviceWith({}, { host });
    expect(() => run(mulOp, [ones([1]), ones([1], { device })], {})).toThrow(
      "mul: inputs are on two devices (got [cpu (JavaScript, one thread), testing (test)]). Move one with to(t, device).",
    );
    const gone = ones([1]);
    gone.dispose();
    expect(() => run(mulOp, [ones([1]), gone], {})).toThrow(UsageError);
    expect(() => dispatch(mulOp, [], {})).toThrow("mul: an op needs at least one input.");
  });

  it("gives a view op's result the buffer of its input", () => {
    const x = ones([2, 3]);
    expect(transpose(x).storage).toBe(x.storage);
  });
});

describe("setRecorder", () => {
  const seen: string[] = [];
  let previous: ReturnType<typeof setRecorder>;
  beforeEach(() => {
    seen.length = 0;
    previous = setRecorder({
      record: (op, inputs, outputs) => void seen.push(`${op.name} ${inputs.length} → ${outputs[0]?.shape}`),
    });
  });
  afterEach(() => {
    setRecorder(previous);
  });

  it("tells the recorder of every call, views too, but not of in-place updates", () => {
    const x = ones([2, 3]);
    sum(transpose(x), 0);
    dispatchInto(mulOp, [x], [x, x], {});
    expect(seen).toEqual(["permute 1 → 3,2", "sum 1 → 2"]);
  });

  it("returns the recorder that was there", () => {
    const mine = { record() {} };
    const first = setRecorder(mine);
    expect(setRecorder(first)).toBe(mine);
  });
});

describe("dispatchInto", () => {
  const momentumOp = elementwise("test.momentum", (w, v, g) => {
    const next = e.add(e.mul(e.parameter("momentum"), v), g);
    return [e.sub(w, next), next];
  });

  it("overwrites its targets, which it may read, and counts their versions up", () => {
    const [w, v] = [tensor([1, 2]), tensor([10, 20])];
    dispatchInto(momentumOp, [w, v], [w, v, ones([2])], { momentum: 0.5 });
    expect(values(v)).toEqual([6, 11]);
    expect(values(w)).toEqual([-5, -9]);
    expect([w.storage.version, v.storage.version]).toEqual([1, 1]);
    expect(momentumOp.noVjp).toBeDefined();
  });

  it("works past the end of a chunk", () => {
    const n = 2500;
    const [w, v, g] = [ones([n]), zeros([n]), tensor(Float32Array.from({ length: n }, (_, i) => i))];
    dispatchInto(momentumOp, [w, v], [w, v, g], { momentum: 0.9 });
    expect(values(v)).toEqual(values(g));
    expect(values(w)[n - 1]).toBe(2 - n);
  });

  it("writes into a part of a buffer and leaves the rest", () => {
    const x = zeros([3, 2]);
    dispatchInto(mulOp, [slice(x, [[1, 2]])], [ones([1, 2]), tensor(7)], {});
    expect(values(x)).toEqual([0, 0, 7, 7, 0, 0]);
  });

  it("refuses targets of another shape, dtype or layout", () => {
    const x = ones([2, 3]);
    expect(() => dispatchInto(mulOp, [ones([3])], [x, x], {})).toThrow(ShapeError);
    expect(() => dispatchInto(mulOp, [ones([2, 3], { dtype: "float64" })], [x, x], {})).toThrow(DtypeError);
    expect(() => dispatchInto(mulOp, [transpose(ones([3, 2]))], [x, x], {})).toThrow(
      "in-place target must be contiguous",
    );
  });

  it("refuses an input that would change while it is read", () => {
    const x = ones([2, 2]);
    const call = () => dispatchInto(mulOp, [x], [x, transpose(x)], {});
    expect(call).toThrow(UsageError);
    expect(call).toThrow("an input shares memory with the in-place target");
    expect(() => dispatchInto(shiftOp, [slice(x, [[0, 1]])], [slice(x, [[0, 1]])], { by: 1 })).toThrow(UsageError);
    expect(values(x)).toEqual([1, 1, 1, 1]);
    dispatchInto(mulOp, [slice(x, [[0, 1]])], [slice(x, [[1, 2]]), tensor(3)], {}); // other elements of the buffer
    expect(values(x)).toEqual([3, 3, 1, 1]);
  });
});

describe("empty", () => {
  it("is contiguous and of the asked kind", () => {
    const t = scope(() => empty(cpu, [2, 3], "int32"));
    expect([t.shape, t.strides, t.dtype]).toEqual([[2, 3], [3, 1], "int32"]);
  });
});

describe("a reference that throws", () => {
  const failing: ComputeOp<Record<string, never>> = defineOp<Record<string, never>>({
    ...(shiftOp as unknown as ComputeOp<Record<string, never>>),
    noVjp: "it fails",
    name: "test.failing",
    reference() {
      throw new UsageError({ where: "test", problem: "bad values" });
    },
  });

  it("leaves no output behind outside of a scope, where nobody could dispose of it", () => {
    const x = ones([2]);
    const before = { ...cpu.memory };
    for (let i = 0; i < 10; i++) expect(() => run(failing, [x], {})).toThrow("bad values");
    expect(cpu.memory.tensors).toBe(before.tensors);
    expect(cpu.memory.buffers).toBe(before.buffers);
    x.dispose();
  });

  it("leaves no handle behind in its scope", () => {
    const before = cpu.memory.tensors;
    const x = ones([2]);
    expect(() => scope(() => run(failing, [x], {}))).toThrow("bad values");
    x.dispose();
    expect(cpu.memory.tensors).toBe(before);
  });
});

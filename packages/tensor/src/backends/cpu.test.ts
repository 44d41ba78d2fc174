import { describe, expect, it } from "vitest";
import { Device } from "../device.ts";
import { BackendError } from "../errors.ts";
import { add } from "../ops/arithmetic.ts";
import { ones, zeros } from "../tensor/create.ts";
import type { Dtype } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import { cpu } from "./cpu.ts";

describe("cpu", () => {
  it("computes in arrays of the host", () => {
    const handle = cpu.backend.allocate("float64", 3);
    cpu.backend.write(handle, Float64Array.of(1, 2, 3));
    expect(cpu.backend.host?.(handle)).toBe(handle);
    const copy = cpu.backend.read(handle);
    expect(copy).toEqual(Float64Array.of(1, 2, 3));
    expect(copy).not.toBe(handle);
    cpu.backend.free(handle);
  });

  it("uses a freed array again for the same dtype and length, and for nothing else", () => {
    const length = 12_345;
    const first = cpu.backend.allocate("float32", length);
    cpu.backend.free(first);
    const others = (["float64", "int32"] as Dtype[]).map((dtype) => cpu.backend.allocate(dtype, length));
    expect(others).not.toContain(first);
    expect(cpu.backend.allocate("float32", length)).toBe(first);
    expect(cpu.backend.allocate("float32", length)).not.toBe(first);
  });

  it("gives zeros also where a dirty array is used again", () => {
    scope(() => {
      add(ones([777]), 1);
    });
    expect(new Set(zeros([777]).dataSync())).toEqual(new Set([0]));
  });

  it("says how much it could not allocate", () => {
    const call = () => cpu.backend.allocate("float64", 2 ** 50);
    expect(call).toThrow(BackendError);
    expect(call).toThrow("cpu: cannot allocate 1125899906842624 elements of float64.");
  });

  it("is strict about nothing: its references are its kernels", () => {
    const device = new Device(cpu.backend, { strict: true });
    expect(add(ones([1], { device }), 1).itemSync()).toBe(2);
  });
});

import { deferred } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { cpu } from "./backends/cpu.ts";
import { Device } from "./device.ts";
import { dryRun } from "./dry-run.ts";
import { UsageError } from "./errors.ts";
import { countNonFinite } from "./ops/count-non-finite.ts";
import { matmul } from "./ops/matmul.ts";
import { ones, tensor, zeros } from "./tensor/create.ts";
import { scope } from "./tensor/scope.ts";

describe("dryRun", () => {
  it("counts memory as a real run does, and computes nothing", () => {
    const device = new Device(cpu.backend);
    const w = ones([50, 50], { device });
    const run = () =>
      scope(() => {
        device.memory.peakBytes = device.memory.bytes;
        matmul(matmul(w, w), w);
        return device.memory.peakBytes;
      });
    const before = { ...device.memory };
    expect(dryRun(device, run)).toBe(run());
    expect(device.memory).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
    expect(device.coverage.get("matmul")).toMatchObject({ kernel: 0, reference: 2 }); // of the real run
    expect(w.dataSync()).toEqual(new Float32Array(2500).fill(1));
  });

  it("reads what was written from the host, else ones, and counts every number as finite", () => {
    dryRun(cpu, () =>
      scope(() => {
        expect([...tensor([3, 4]).dataSync()]).toEqual([3, 4]);
        expect([...matmul(zeros([1, 2]), zeros([2, 2])).dataSync()]).toEqual([1, 1]);
        expect(countNonFinite(tensor([Number.NaN])).itemSync()).toBe(0);
      }),
    );
  });

  it("answers at once on an asynchronous device", () => {
    const device = deferred();
    dryRun(device, () => scope(() => expect(matmul(ones([2, 2], { device }), ones([2, 1], { device })).dataSync()).toHaveLength(2))); // biome-ignore format: short
    expect(device.counts.reads).toBe(0);
  });

  it("puts the device back after an error, and refuses tensors that outlive it", () => {
    const device = new Device(cpu.backend);
    const { backend } = device;
    expect(() => dryRun(device, () => { throw new Error("stop"); })).toThrow("stop"); // biome-ignore format: short
    expect(device.backend).toBe(backend);
    expect(() => dryRun(device, () => ones([1], { device }))).toThrow(UsageError);
    expect(device.backend).toBe(backend);
  });
});

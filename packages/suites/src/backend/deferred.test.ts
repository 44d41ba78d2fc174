import { cholesky } from "@kronograd/linalg";
import { add, cast, copy, gather, matmul, mul, ones, scope, tensor } from "@kronograd/tensor";
import { deferred } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { backendSuite } from "./suite.ts";

backendSuite("deferred", () => deferred(), { runs: 2 });

describe("deferred", () => {
  it("refuses to be read at once", () => {
    const t = ones([2], { device: deferred() });
    expect(() => t.dataSync()).toThrow(/asynchronous/);
  });

  it("gives the values as they were when they were asked for, whatever runs later", async () => {
    const device = deferred();
    const t = tensor([1, 2], { device });
    const early = mul(t, 10).data();
    const reused = add(t, 5);
    expect([...(await early)]).toEqual([10, 20]);
    expect([...(await reused.data())]).toEqual([6, 7]);
    expect(device.counts.reads).toBe(2);
  });

  it("counts only allocations that no freed buffer serves", () => {
    const device = deferred();
    const t = ones([3, 3], { device });
    const work = () => scope(() => void matmul(add(t, t), t));
    work();
    const { allocations } = device.counts;
    for (let i = 0; i < 5; i++) work();
    expect(device.counts.allocations).toBe(allocations);
  });

  it("runs float64 on the host and counts it, in the order of the program", async () => {
    const device = deferred();
    const t = tensor([[4, 2], [2, 5]], { device }); // biome-ignore format: a matrix
    const L = cast(cholesky(cast(add(t, 0), "float64")), "float32");
    expect([...(await L.data())]).toEqual([2, 0, 1, 2]);
    expect(device.counts.hostCalls).toBe(3);
    expect(device.coverage.get("cholesky")).toMatchObject({ kernel: 0, reference: 1 });
    expect(device.coverage.get("add")).toMatchObject({ kernel: 1, reference: 0 });
  });

  it("rejects the read of a failed factor, and gives NaN on from there", async () => {
    const device = deferred();
    const L = cholesky(tensor([[-1]], { device }));
    const after = add(L, 1);
    await expect(L.data()).rejects.toThrow(/not positive definite/);
    expect(await after.item()).toBeNaN();
    expect(await copy(ones([1], { device })).item()).toBe(1);
  });

  it("runs an op without a kernel on the host", async () => {
    const device = deferred({ without: ["matmul"] });
    const t = ones([1, 1], { device });
    expect(await matmul(t, t).item()).toBe(1);
    expect(device.counts.hostCalls).toBe(1);
  });

  it("rejects the next read after any other error of a loop", async () => {
    const device = deferred();
    const t = tensor([[1, 2]], { device });
    gather(t, tensor([7], { device, dtype: "int32" }));
    await expect(t.data()).rejects.toThrow();
    expect([...(await t.data())]).toEqual([1, 2]);
  });

  it("is lost for good", async () => {
    const device = deferred();
    const t = ones([1], { device });
    const pending = t.data();
    device.lose();
    await expect(pending).rejects.toThrow(/the device was lost/);
    expect(() => add(t, t)).toThrow(/the device was lost/);
  });
});

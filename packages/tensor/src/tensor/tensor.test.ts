import { describe, expect, it } from "vitest";
import { cpu } from "../backends/cpu.ts";
import { Device } from "../device.ts";
import { BackendError, UsageError } from "../errors.ts";
import { permute, transpose } from "../ops/permute.ts";
import { slice } from "../ops/slice.ts";
import { broadcastTo } from "../ops/sum-broadcast.ts";
import { ones, tensor, zeros } from "./create.ts";
import type { TypedArray } from "./dtype.ts";
import { adopt, alias, detach, retain } from "./tensor.ts";

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

/** A device whose `read` answers later. */
const slow = new Device({
  name: "slow",
  adapter: "test",
  kernels: new Map(),
  allocate: (dtype, length) => cpu.backend.allocate(dtype, length),
  free: (handle) => cpu.backend.free(handle),
  write: (handle, values) => cpu.backend.write(handle, values),
  read: async (handle) => cpu.backend.read(handle) as TypedArray,
});

describe("Tensor", () => {
  it("knows its shape, size, rank, dtype and device", () => {
    expect(x.shape).toEqual([2, 3]);
    expect([x.size, x.rank, x.dtype, x.device]).toEqual([6, 2, "float32", cpu]);
    expect(String(x)).toBe("Tensor [2, 3] float32 on cpu");
  });

  it("gives its values row-major, whatever its layout", async () => {
    expect(Array.from(await transpose(x).data())).toEqual([1, 4, 2, 5, 3, 6]);
    expect(Array.from(slice(x, [[undefined, undefined, -1], [1]]).dataSync())).toEqual([5, 6, 2, 3]);
    expect(Array.from(broadcastTo(tensor([1, 2]), [2, 2]).dataSync())).toEqual([1, 2, 1, 2]);
    expect(Array.from(permute(ones([2, 0, 3]), [2, 1, 0]).dataSync())).toEqual([]);
  });

  it("gives copies: changing them does not change the tensor", () => {
    const values = x.dataSync();
    values[0] = 99;
    expect(x.dataSync()[0]).toBe(1);
  });

  it("item takes the only value, and refuses several", async () => {
    expect(await tensor([[7]]).item()).toBe(7);
    expect(tensor(8).itemSync()).toBe(8);
    await expect(x.item()).rejects.toThrow(UsageError);
    expect(() => zeros([0]).itemSync()).toThrow("item: tensor must hold one element (got [0]). Use data().");
  });

  it("waits for an asynchronous device, which dataSync cannot", async () => {
    const t = tensor([1, 2], { device: slow });
    expect(Array.from(await t.data())).toEqual([1, 2]);
    expect(await tensor([[3]], { device: slow }).item()).toBe(3);
    expect(() => t.dataSync()).toThrow(BackendError);
  });

  it("refuses to be read after dispose, and says how to keep it", async () => {
    const t = ones([2]);
    t.dispose();
    expect(t.disposed).toBe(true);
    expect(() => t.dataSync()).toThrow(`tensor [2] (id ${t.id}) was disposed of`);
    await expect(t.data()).rejects.toThrow("keep it with retain(t)");
    expect(() => retain(t)).toThrow(UsageError);
  });
});

describe("retain, alias, adopt, detach", () => {
  it("retain and alias name the same value; detach names another in the same buffer", () => {
    expect(retain(x).id).toBe(x.id);
    expect(alias(x).id).toBe(x.id);
    expect(detach(x).id).not.toBe(x.id);
    expect(detach(x).storage).toBe(x.storage);
  });

  it("retained handles belong to their owner until they are adopted", () => {
    const kept = retain(x);
    expect(kept.home).toBe("owner");
    expect(adopt(kept).home).toBe("registry");
    kept.dispose();
  });
});

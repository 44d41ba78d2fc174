import { syrk } from "@kronograd/linalg";
import {
  Device,
  matmul,
  Rng,
  reshape,
  type Shape,
  sizeOf,
  slice,
  type Tensor,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { missing, openDevice } from "../../testing/device.ts";
import { WebGpuBackend } from "../backend.ts";
import { openGpu } from "../device/provider.ts";

let device: Device;

/** A device, and the text of every program that it compiles. */
async function openWatched(): Promise<{ device: Device; programs: string[] }> {
  const gpu = await openGpu();
  const programs: string[] = [];
  const compile = gpu.device.createShaderModule.bind(gpu.device);
  gpu.device.createShaderModule = (source) => {
    programs.push(source.code);
    return compile(source);
  };
  return { device: new Device(new WebGpuBackend(gpu)), programs };
}

/** Products whose factors lie from `start` on in their buffers, A with m innermost and B with n. */
async function products(device: Device, start: number): Promise<Uint8Array[]> {
  const rng = new Rng(2);
  const at = (shape: Shape): Tensor => {
    const values = Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform() - 0.5);
    const buffer = tensor(Float32Array.from([...new Float32Array(start), ...values]), { device });
    return reshape(slice(buffer, [[start, start + values.length]]), shape);
  };
  const results: Tensor[] = [];
  for (const [m, k, n] of [[64, 16, 64], [4, 2, 8], [68, 33, 132], [8, 1500, 12], [1284, 9, 1288]] as const) // biome-ignore format: shapes
    results.push(matmul(transpose(at([k, m])), at([k, n])));
  results.push(matmul(transpose(at([3, 20, 72])), at([3, 20, 40])), matmul(transpose(at([20, 72])), at([3, 20, 40])));
  results.push(syrk(transpose(at([50, 72]))));
  return Promise.all(results.map(async (t) => new Uint8Array((await t.data()).buffer)));
}

describe.skipIf(missing !== null)("tiles", () => {
  beforeAll(async () => {
    device = await openDevice();
  });

  it("factors that are read four elements at once give the bits of those that are not", async () => {
    const [aligned, shifted] = [await openWatched(), await openWatched()];
    const bits = await products(shifted.device, 7);
    expect((await products(aligned.device, 8)).map((own, i) => Buffer.compare(own, bits[i]!))).toEqual(
      bits.map(() => 0),
    );
    const areWide = (programs: string[]) =>
      programs.filter((text) => text.includes("panelA")).map((text) => text.includes("array<vec4<f32>>"));
    expect(new Set(areWide(aligned.programs))).toEqual(new Set([true]));
    expect(new Set(areWide(shifted.programs))).toEqual(new Set([false]));
  });

  it("two factors in one buffer are read one element at a time, and so are rows that end within four", async () => {
    const x = tensor(Float32Array.from({ length: 16 }, (_, i) => i), { shape: [4, 4], device }); // biome-ignore format: values
    expect([...(await matmul(x, x).data())].slice(0, 4)).toEqual([56, 62, 68, 74]);
    const y = tensor(Float32Array.from({ length: 24 }, (_, i) => i), { shape: [4, 6], device }); // biome-ignore format: values
    expect([...(await matmul(x, y).data())].slice(0, 6)).toEqual([84, 90, 96, 102, 108, 114]);
  });

  // in float32 alone it is off by up to 14 units; by panels without compensation by 3
  it("X Xᵀ is right to about one unit of the last place, whatever k", async () => {
    const rng = new Rng(1);
    for (const k of [100, 800, 1020]) {
      const values = Float32Array.from({ length: 70 * k }, () => rng.uniform());
      const K = await syrk(tensor(values, { shape: [70, k], device })).data();
      const exact = await syrk(tensor(Float64Array.from(values), { shape: [70, k], dtype: "float64" })).data();
      const off = [...K].map((value, at) => Math.abs(value - exact[at]!) / exact[at]!);
      expect(Math.max(...off) / 2 ** -23, `k = ${k}`).toBeLessThan(1.25);
    }
  });
});

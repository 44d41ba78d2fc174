import { syrk } from "@kronograd/linalg";
import { type Device, Rng, tensor } from "@kronograd/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { missing, openDevice } from "../testing/device.ts";

let device: Device;

describe.skipIf(missing !== null)("tiles", () => {
  beforeAll(async () => {
    device = await openDevice();
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

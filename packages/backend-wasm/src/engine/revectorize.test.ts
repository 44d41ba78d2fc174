import { backendSuite } from "@kronograd/suites";
import { BackendError, createDevice, Device, listBackends, matmul, Rng, scope, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { guards } from "../../testing/guards.ts";
import { openWasm } from "../index.ts";
import { detectFeatures } from "./features.ts";
import { cannotRevectorize } from "./revectorize.ts";

const fast = "revectorize";
const missing = cannotRevectorize(detectFeatures());

describe("cannotRevectorize", () => {
  it("is said by the list of backends", async () => {
    const state = (await listBackends()).find(({ name }) => name === "wasm");
    expect(state?.offers).toContain(`fast: revectorize: ${missing === null ? "yes" : `no, ${missing}`}`);
  });

  it("names an engine without relaxed SIMD", async () => {
    expect(cannotRevectorize({ relaxed: false })).not.toBeNull();
    await expect(openWasm({ fast, relaxed: false })).rejects.toThrow(BackendError);
  });

  it.skipIf(missing === null)("refuses the device", async () => {
    await expect(createDevice("wasm", { fast })).rejects.toThrow(missing!);
  });
});

describe.skipIf(missing !== null)("a revectorized device", () => {
  it("says so", async () => {
    const device = await createDevice("wasm", { fast });
    expect(device.adapter).toMatch(/revectorized to 256 bits, one thread$/);
  });

  it("gives the products' bits of an ordinary one, also after the engine has optimised them", async () => {
    const rng = new Rng(0);
    const [m, k, n] = [97, 300, 83];
    const draw = (count: number) => Float32Array.from({ length: count }, () => rng.normal());
    const [a, b] = [draw(m * k), draw(k * n)];
    const products = (device: Device) =>
      scope(() => {
        const [left, right] = [tensor(a, { shape: [m, k], device }), tensor(b, { shape: [k, n], device })];
        for (let i = 0; i < 300; i++) scope(() => void matmul(left, right));
        return [...matmul(left, right).dataSync()];
      });
    const [wide, ordinary] = [await openWasm({ fast, threads: 2 }), await openWasm()];
    expect(products(new Device(wide))).toEqual(products(new Device(ordinary)));
    wide.dispose();
  });
});

if (missing === null) backendSuite("wasm revectorized", async () => new Device(await openWasm({ fast, guards })));

import { opRegistry, Rng, run, scope, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, guarded } from "../../testing/agree.ts";

/** Sizes that cut tiles, panels and blocks at every place, 0 and 1 among them. */
const size = (rng: Rng, most: number) => (rng.integer(5) === 0 ? rng.integer(2) : 1 + rng.integer(most));

describe("syrk", () => {
  it("agrees for ragged sizes and across blocks", async () => {
    await agree("syrk", (rng) => ({ inputs: [{ shape: [size(rng, 60), size(rng, 300)] }], params: {} }), { runs: 30 });
    await agree("syrk", () => ({ inputs: [{ shape: [300, 270] }], params: {} }), { runs: 2 });
  });

  it("is exactly symmetric", () => {
    scope(() => {
      const n = 37;
      const rng = new Rng(1);
      const values = Float32Array.from({ length: n * 50 }, () => rng.normal());
      const c = run(opRegistry.get("syrk")!, [tensor(values, { shape: [n, 50], device: guarded })], {});
      expect(new Set(c.sub(c.transpose()).dataSync())).toEqual(new Set([0]));
    });
  });
});

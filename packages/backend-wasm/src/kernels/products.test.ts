import type { Rng } from "@kronograd/tensor";
import { describe, it } from "vitest";
import { agree, guardedPlain } from "../../testing/agree.ts";

/** Sizes that cut tiles, panels and blocks at every place, 0 and 1 among them. */
const size = (rng: Rng, most = 40) => (rng.integer(5) === 0 ? rng.integer(2) : 1 + rng.integer(most));

describe("matmul", () => {
  it("agrees for ragged sizes, 0 and 1, in any layout", async () => {
    await agree(
      "matmul",
      (rng) => {
        const [m, n, k] = [size(rng), size(rng), size(rng)];
        return { inputs: [{ shape: [m, k] }, { shape: [k, n] }], params: {} };
      },
      { runs: 60 },
    );
  });

  it("agrees with multiply and add apart", async () => {
    await agree(
      "matmul",
      (rng) => {
        const [m, n, k] = [size(rng), size(rng), size(rng)];
        return { inputs: [{ shape: [m, k] }, { shape: [k, n] }], params: {} };
      },
      { runs: 20, device: guardedPlain },
    );
  });

  it("agrees across blocks of depth, rows and columns", async () => {
    for (const [m, n, k] of [
      [13, 17, 600],
      [500, 9, 40],
      [7, 2100, 20],
    ] as const) {
      await agree("matmul", () => ({ inputs: [{ shape: [m, k] }, { shape: [k, n] }], params: {} }), { runs: 3 });
    }
  });

  it("agrees for every number of rows that panels of 6 and 4 can leave", async () => {
    for (let m = 1; m <= 26; m++) {
      await agree("matmul", () => ({ inputs: [{ shape: [m, 9] }, { shape: [9, 17] }], params: {} }), { runs: 2 });
    }
  });

  it("takes batches that broadcast, and joins rows of a batch where one matrix is on the right", async () => {
    await agree(
      "matmul",
      (rng) => {
        const [a, b, m, n, k] = [size(rng, 4), size(rng, 3), size(rng, 9), size(rng, 9), size(rng, 9)];
        const left = rng.integer(3) === 0 ? [1, m, k] : [a, b, m, k];
        const right = rng.integer(2) === 0 ? [k, n] : [b, k, n];
        return { inputs: [{ shape: left }, { shape: right }], params: {} };
      },
      { runs: 40 },
    );
  });
});

describe("linear", () => {
  it("agrees with and without bias, for any leading axes", async () => {
    await agree(
      "linear",
      (rng) => {
        const [outputs, features] = [size(rng), size(rng)];
        const lead = Array.from({ length: rng.integer(3) }, () => size(rng, 8));
        const bias = rng.integer(2) === 0 ? [] : [{ shape: [outputs] }];
        return { inputs: [{ shape: [...lead, features] }, { shape: [outputs, features] }, ...bias], params: {} };
      },
      { runs: 50 },
    );
  });
});

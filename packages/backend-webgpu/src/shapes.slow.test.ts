import { type CoverageOptions, coverOp } from "@kronograd/suites";
import {
  type ComputeOp,
  cpu,
  type Device,
  dispatch,
  eye,
  full,
  matmul,
  maxPool2dOp,
  maxPoolGrad,
  mul,
  NumericalError,
  opRegistry,
  type Rng,
  reshape,
  type Sample,
  sampled,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "@kronograd/tensor";
import "@kronograd/linalg";
import { beforeAll, describe, expect, it } from "vitest";
import { missing, openDevice } from "../testing/device.ts";

let device: Device;

/** An op's kernel against its reference on shapes of a test's own choice; none may fall back. */
async function agree(name: string, samples: (rng: Rng) => Sample<unknown>, options: CoverageOptions = {}) {
  const op = { ...opRegistry.get(name)! };
  sampled(op, samples);
  const row = await coverOp(device, op, { runs: 6, dtypes: ["float32"], ...options });
  expect(row.failure).toBeNull();
  expect(row.reference).toBe(0);
  expect(device.memory.buffers).toBe(0);
}

const between = (rng: Rng, least: number, most: number) => least + rng.integer(most - least + 1);

describe.skipIf(missing !== null)("kernels across their tiles", () => {
  beforeAll(async () => {
    device = await openDevice();
  });

  it("matmul: ragged tiles, no rows, no depth", async () => {
    await agree("matmul", (rng) => {
      const [m, n, k] = [between(rng, 0, 90), between(rng, 0, 90), between(rng, 0, 40)];
      return { inputs: [{ shape: [m, k] }, { shape: [k, n] }], params: {} };
    });
  });

  it("matmul: a depth that is cut into slices", async () => {
    await agree("matmul", () => ({ inputs: [{ shape: [5, 1500] }, { shape: [1500, 9] }], params: {} }), { runs: 2 });
  });

  it("linear: a bias on a sliced depth", async () => {
    await agree(
      "linear",
      () => ({ inputs: [{ shape: [7, 1300] }, { shape: [3, 1300] }, { shape: [3] }], params: {} }),
      {
        runs: 2,
      },
    );
  });

  it("syrk and addProduct: more than a tile, and slices", async () => {
    await agree("syrk", (rng) => ({ inputs: [{ shape: [between(rng, 60, 140), between(rng, 1, 30)] }], params: {} }));
    await agree("syrk", () => ({ inputs: [{ shape: [9, 1100] }], params: {} }), { runs: 2 });
    await agree("addProduct", (rng) => {
      const [m, n, k] = [between(rng, 1, 80), between(rng, 1, 80), between(rng, 1, 1200)];
      return { inputs: [{ shape: [m, n] }, { shape: [m, k] }, { shape: [k, n] }], params: { decay: 0.9 } };
    });
  });

  it("sum: long rows in slices, along either axis", async () => {
    for (const axes of [[0], [1], [0, 1]]) {
      await agree("sum", () => ({ inputs: [{ shape: [3, 9000] }], params: { axes, keep: false } }), { runs: 2 });
      await agree("sum", () => ({ inputs: [{ shape: [700, 33] }], params: { axes, keep: false } }), { runs: 2 });
    }
  });

  it("max: long rows, with the first of equal elements", async () => {
    await agree("max", () => ({ inputs: [{ shape: [4, 1000], distinct: true }], params: { axes: [1] } }), { runs: 2 });
  });

  it("softmax and cross-entropy: many classes", async () => {
    await agree("softmax", () => ({ inputs: [{ shape: [5, 700] }], params: { axis: 1 } }), { runs: 2 });
    await agree(
      "softmaxCrossEntropy",
      () => ({
        inputs: [{ shape: [300, 10] }, { shape: [300], dtype: "int32", range: [0, 10] }],
        params: { labelSmoothing: 0.1, reduction: "mean" },
      }),
      { runs: 2 },
    );
  });

  it("convolutions: more than a tile, with stride, padding, dilation and groups", async () => {
    const params = { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 } as const;
    const [x, weight, grad] = [
      [3, 6, 15, 14],
      [10, 3, 3, 3],
      [3, 10, 8, 14],
    ];
    await agree("conv2d", () => ({ inputs: [{ shape: x }, { shape: weight }, { shape: [10] }], params }), { runs: 3 });
    await agree(
      "conv2dInputGrad",
      () => ({ inputs: [{ shape: grad }, { shape: weight }], params: { ...params, size: [15, 14] } }),
      { runs: 3 },
    );
    await agree(
      "conv2dWeightGrad",
      () => ({ inputs: [{ shape: x }, { shape: grad }], params: { ...params, kernel: [3, 3] } }),
      { runs: 3 },
    );
  });

  it("max pooling's gradient: windows that overlap, leave gaps, or begin before the image", async () => {
    for (const window of [
      { kernel: [2, 2], stride: [2, 2], padding: [0, 0] },
      { kernel: [3, 3], stride: [2, 1], padding: [1, 2] },
      { kernel: [1, 2], stride: [3, 3], padding: [0, 1] },
      { kernel: [4, 3], stride: [3, 2], padding: [2, 0] },
    ] as const) {
      const values = Float32Array.from({ length: 4 * 63 }, (_, i) => Math.sin(i * i));
      const gradientOn = async (device: Device) => {
        const x = tensor(values, { shape: [2, 2, 7, 9], device });
        const [y, indices] = dispatch(maxPool2dOp, [x], window) as [Tensor, Tensor];
        const dx = maxPoolGrad(y, indices, [7, 9], window);
        const result = await dx.data();
        for (const t of [x, y, indices, dx]) t.dispose();
        return result;
      };
      expect(await gradientOn(device)).toEqual(await gradientOn(cpu));
    }
  });

  it("norms: sets larger than a workgroup", async () => {
    const options = { runs: 2, tolerances: { float32: { rtol: 1e-4, atol: 1e-4 }, float64: { rtol: 0 } } };
    const params = { groups: 1, epsilon: 1e-5 };
    const inputs = [{ shape: [20, 3, 5, 7] }, { shape: [3] }, { shape: [3] }];
    await agree("batchNorm", () => ({ inputs, params }), options);
    await agree(
      "groupNorm",
      () => ({ inputs: [{ shape: [3, 6, 70] }, { shape: [6] }, { shape: [6] }], params: { ...params, groups: 2 } }),
      options,
    );
  });

  it("factorizations: more than a block", async () => {
    const options = { runs: 3, tolerances: { float32: { rtol: 2e-3, atol: 2e-3 }, float64: { rtol: 0 } } };
    for (const n of [33, 64, 130]) {
      await agree("cholesky", () => ({ inputs: [{ shape: [n, n], structure: "spd" }], params: {} }), options);
      await agree(
        "dampedInverse",
        () => ({ inputs: [{ shape: [n, n], structure: "spd" }], params: { damping: 0.1 } }),
        options,
      );
    }
  });

  it("solveTriangular: more than a block, and more rows before it than one product takes", async () => {
    for (const lower of [true, false]) {
      for (const transpose of [true, false]) {
        for (const [n, unitDiagonal] of [
          [33, false],
          [70, true],
          [580, false],
        ] as const) {
          // biome-ignore format: cases
          const inputs = [{ shape: [n, n], structure: "dominant" } as const, { shape: [n, 5] }];
          await agree("solveTriangular", () => ({ inputs, params: { lower, transpose, unitDiagonal } }), { runs: 2 });
        }
      }
    }
  });

  it("symmetricEigen: odd and even, some or all vectors, any layout, with the reference's signs", async () => {
    const options = { runs: 3, tolerances: { float32: { rtol: 2e-3, atol: 2e-3 }, float64: { rtol: 0 } } };
    for (const n of [2, 7, 40, 65]) {
      await agree(
        "symmetricEigen",
        (rng) => ({ inputs: [{ shape: [n, n], structure: "spd" }], params: { largest: 1 + rng.integer(n) } }),
        options,
      );
    }
  });

  it("symmetricEigen: repeated, zero and mixed eigenvalues, large and small units", async () => {
    const eigen = opRegistry.get("symmetricEigen") as ComputeOp<{ largest: number }>;
    for (const [name, K] of Object.entries(matrices(device))) {
      const n = K.shape[0] as number;
      const [w, V] = dispatch(eigen, [K], { largest: n }) as [Tensor, Tensor];
      const [rebuilt, product] = [matmul(transpose(V), mul(reshape(w, [n, 1]), V)), matmul(V, transpose(V))];
      const exact = await K.data();
      const largest = Math.max(1e-30, ...exact.map(Math.abs));
      const off = (await rebuilt.data()).map((value, i) => Math.abs(value - exact[i]!) / largest);
      expect(Math.max(...off), name).toBeLessThan(3e-6);
      const skew = (await product.data()).map((value, i) => Math.abs(value - (i % (n + 1) === 0 ? 1 : 0)));
      expect(Math.max(...skew), name).toBeLessThan(3e-6);
      const values = [...(await w.data())];
      expect(values, name).toEqual(values.toSorted((a, b) => a - b));
      for (const t of [K, w, V, rebuilt, product]) t.dispose();
    }
  });

  it("symmetricEigen: a matrix that is not finite says so when what came of it is read", async () => {
    const K = tensor([[1, Number.NaN], [Number.NaN, 1]], { device }); // biome-ignore format: a matrix
    const [w, V] = dispatch(opRegistry.get("symmetricEigen")!, [K], { largest: 2 }) as [Tensor, Tensor];
    await expect(w.data()).rejects.toThrow(NumericalError);
    await expect(V.data()).rejects.toThrow("symmetricEigen: K is not finite (matrix [2, 2])");
    for (const t of [K, w, V]) t.dispose();
  });
});

/** Symmetric matrices with something special about them. */
function matrices(device: Device): Record<string, Tensor> {
  const low = tensor(
    Float32Array.from({ length: 400 }, (_, i) => Math.cos(Math.floor(i / 20) - (i % 20))),
    { shape: [20, 20], device },
  );
  return {
    identity: eye(9, { device }),
    zero: zeros([4, 4], { device }),
    ones: full([30, 30], 1, { device }),
    diagonal: tensor([[3, 0, 0], [0, -2, 0], [0, 0, 1]], { device }), // biome-ignore format: a matrix
    "rank 2": low,
    large: full([6, 6], 1e30, { device }),
    small: full([6, 6], 1e-30, { device }),
    one: full([1, 1], -2, { device }),
  };
}

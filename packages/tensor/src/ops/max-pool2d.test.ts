import { describe, expect, it } from "vitest";
import type { Kernel } from "../backend.ts";
import { cpu } from "../backends/cpu.ts";
import { Device } from "../device.ts";
import { ShapeError, UsageError } from "../errors.ts";
import { dispatch } from "../op/dispatch.ts";
import { pullBack, type Saved } from "../op/op.ts";
import { full, tensor, uniform, zeros } from "../tensor/create.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { Rng } from "../tensor/rng.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { maxPool2d, maxPool2dOp, maxPoolGather, maxPoolGrad } from "./max-pool2d.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const dot = (a: Tensor, b: Tensor) => values(a).reduce((total, value, i) => total + value * values(b)[i]!, 0);
const withIndices = (x: Tensor) =>
  dispatch(maxPool2dOp, [x], { kernel: [2, 2], stride: [2, 2], padding: [0, 0] }) as [Tensor, Tensor];

describe("maxPool2d", () => {
  const image = tensor([
    [
      [
        [1, 5, 2],
        [4, 3, 9],
        [7, 8, 6],
      ],
    ],
  ]);

  it("takes the maximum of each window", () => {
    expect(values(maxPool2d(image, { kernel: 2, stride: 1 }))).toEqual([5, 9, 8, 9]);
  });

  it("steps by the kernel's size, and drops pixels that are left over", () => {
    expect(values(maxPool2d(image, { kernel: 2 }))).toEqual([5]);
    expect(values(maxPool2d(image, { kernel: [1, 3] }))).toEqual([5, 9, 8]);
  });

  it("pads with −∞, not with zeros", () => {
    expect(values(maxPool2d(full([1, 1, 2, 2], -3), { kernel: 2, padding: 1 }))).toEqual([-3, -3, -3, -3]);
  });

  it("names each maximum's place in its plane by an int32 index", () => {
    const x = tensor([
      [
        [
          [1, 2, 0, 0],
          [3, 4, 0, 9],
        ],
        [
          [8, 2, 0, 1],
          [3, 4, 0, 0],
        ],
      ],
    ]); // [1, 2, 2, 4]
    const [maxima, indices] = withIndices(x);
    expect(values(maxima)).toEqual([4, 9, 8, 1]);
    expect(indices.dtype).toBe("int32");
    expect(values(indices)).toEqual([5, 7, 0, 3]);
  });

  it("takes the first of equal values, also of −∞", () => {
    expect(values(withIndices(full([1, 1, 2, 2], 3))[1])).toEqual([0]);
    const [maxima, indices] = withIndices(full([1, 1, 2, 2], -Infinity));
    expect([values(maxima), values(indices)]).toEqual([[-Infinity], [0]]);
  });

  it("lets NaN win, the first of them", () => {
    const [maxima, indices] = withIndices(
      tensor([
        [
          [
            [1, Number.NaN],
            [Number.NaN, Infinity],
          ],
        ],
      ]),
    );
    expect([values(maxima), values(indices)]).toEqual([[Number.NaN], [1]]);
  });

  it("keeps integers", () => {
    expect(maxPool2d(full([1, 1, 2, 2], -7, { dtype: "int32" }), { kernel: 2 }).dtype).toBe("int32");
  });

  it("leaves no handle to the indices behind", () => {
    const before = image.device.memory.tensors;
    const pooled = maxPool2d(image, { kernel: 2 });
    expect(image.device.memory.tensors).toBe(before + 1);
    pooled.dispose();
  });

  it("throws UsageError where a window could see no pixel, ShapeError where it does not fit", () => {
    expect(() => maxPool2d(image, { kernel: 2, padding: [1, 2] })).toThrow(
      "maxPool2d: padding must be smaller than the kernel, else a window could see no pixel (expected less than [2, 2], got [1, 2]).",
    );
    expect(() => maxPool2d(image, { kernel: 4 })).toThrow(ShapeError);
    expect(() => maxPool2d(zeros([3, 3]), { kernel: 2 })).toThrow(ShapeError);
  });
});

describe("maxPoolGrad", () => {
  it("adds up what overlapping windows send to one pixel", () => {
    const indices = tensor(Int32Array.of(2, 2, 0, 2), { shape: [1, 1, 2, 2] });
    expect(
      values(
        maxPoolGrad(
          tensor([
            [
              [
                [1, 10],
                [100, 1000],
              ],
            ],
          ]),
          indices,
          [1, 3],
        ),
      ),
    ).toEqual([100, 0, 1011]);
  });

  it("keeps planes apart", () => {
    const indices = tensor(Int32Array.of(1, 0), { shape: [1, 2, 1, 1] });
    expect(values(maxPoolGrad(tensor([[[[5]], [[6]]]]), indices, [1, 2]))).toEqual([0, 5, 6, 0]);
  });

  it("is the transpose of maxPoolGather", () => {
    const rng = new Rng(4);
    const indices = tensor(
      Int32Array.from({ length: 24 }, () => rng.integer(12)),
      { shape: [2, 3, 2, 2] },
    );
    const [x, g] = [uniform(rng, [2, 3, 3, 4], { dtype: "float64" }), uniform(rng, [2, 3, 2, 2], { dtype: "float64" })];
    expect(dot(maxPoolGather(x, indices), g)).toBeCloseTo(dot(x, maxPoolGrad(g, indices, [3, 4])), 12);
  });

  it("is told the window by max pooling, so that a backend need not look at all of them", () => {
    const told: unknown[] = [];
    const kernel: Kernel = (_outputs, _inputs, { window }) => {
      told.push(window);
      return false; // the reference goes on
    };
    const { backend } = cpu;
    const device = new Device({
      name: "testing",
      adapter: "test",
      kernels: new Map([["maxPoolGrad", kernel]]),
      allocate: (dtype, length) => backend.allocate(dtype, length),
      free: (handle) => backend.free(handle),
      write: (handle, values) => backend.write(handle, values),
      read: (handle) => backend.read(handle),
      host: (handle) => handle as TypedArray,
    });
    const window = { kernel: [2, 2], stride: [1, 1], padding: [0, 0] } as const;
    const x = tensor([[[[1, 2], [3, 4]]]], { device }); // biome-ignore format: an image
    const [y, indices] = dispatch(maxPool2dOp, [x], window) as [Tensor, Tensor];
    const saved = { output: () => indices, specs: [x], needs: [true] } as unknown as Saved;
    const [dx] = pullBack(maxPool2dOp.vjp!, [y, null], saved, window);
    expect([values(dx!), told]).toEqual([[0, 0, 0, 4], [window]]);
  });

  it("throws UsageError for an index outside the plane, ShapeError for shapes that differ", () => {
    const outside = tensor(Int32Array.of(6), { shape: [1, 1, 1, 1] });
    expect(() => maxPoolGrad(zeros([1, 1, 1, 1]), outside, [2, 3])).toThrow(UsageError);
    expect(() => maxPoolGrad(zeros([1, 1, 1, 2]), outside, [2, 3])).toThrow(ShapeError);
    expect(() => maxPoolGather(zeros([2, 1, 2, 3]), outside)).toThrow(ShapeError);
  });
});

describe("maxPoolGather", () => {
  it("reads at the indices what maxPool2d found there", () => {
    const x = uniform(new Rng(5), [2, 2, 4, 4]);
    const [maxima, indices] = withIndices(x);
    expect(values(maxPoolGather(x, indices))).toEqual(values(maxima));
  });
});

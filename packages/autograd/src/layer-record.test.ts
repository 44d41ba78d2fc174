import {
  im2col,
  matmul,
  normal,
  permute,
  Rng,
  reshape,
  type Shape,
  ShapeError,
  sizeOf,
  slice,
  type Tensor,
  tensor,
  transpose,
  UsageError,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { type ConvGeometry, type Geometry, type LayerUse, layerRecord } from "./layer-record.ts";
import { type ReductionName, reductions } from "./reductions.ts";
import { perExample } from "./weighted-rows.ts";

const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const conv: ConvGeometry = {
  kind: "conv2d",
  kernel: [3, 2],
  stride: [1, 2],
  padding: [1, 0],
  dilation: [1, 1],
  groups: 1,
};

const recordOf = (geometry: Geometry, uses: readonly LayerUse[], hasBias = false) =>
  layerRecord({ name: "layer", geometry, hasBias, labels: "empirical", uses });

/** N = 3, two sequences axes: T = 2·5; 4 → 3 features. */
const sequence = (hasBias = false, columns = 1) =>
  recordOf(
    { kind: "dense" },
    [
      {
        input: random(1, [3, 2, 5, 4]),
        outputGrads: Array.from({ length: columns }, (_, c) => random(2 + c, [3, 2, 5, 3])),
      },
    ],
    hasBias,
  );

/** N = 2; [2, 5, 6] → 4 channels of [5, 3] positions. */
const image = (hasBias = false) =>
  recordOf(conv, [{ input: random(1, [2, 2, 5, 6]), outputGrads: [random(2, [2, 4, 5, 3])] }], hasBias);

type Positions = number[][][]; // [example][position][feature]

function nested(t: Tensor): Positions {
  const [N, T, d] = t.shape as [number, number, number];
  const data = [...t.dataSync()];
  return Array.from({ length: N }, (_, n) =>
    Array.from({ length: T }, (_, s) => data.slice((n * T + s) * d, (n * T + s + 1) * d)),
  );
}

/** (1 / count) Σ of f(example) f(example)ᵀ over a list of vectors. */
function outerSum(vectors: readonly number[][], factor: number): number[][] {
  const d = (vectors[0] as number[]).length;
  const total = Array.from({ length: d }, () => new Array<number>(d).fill(0));
  for (const v of vectors)
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) total[i]![j]! += factor * v[i]! * v[j]!;
  return total;
}

const plus = (vectors: readonly number[][]): number[] => vectors.reduce((a, b) => a.map((x, i) => x + b[i]!));
const times = (v: number[], factor: number): number[] => v.map((x) => x * factor);

/** The table of layer-record.ts, in loops. */
function bySums(
  reduction: ReductionName,
  side: "inputs" | "outputGrads",
  examples: Positions,
  kept: readonly number[],
): number[][] {
  const N = examples.length;
  const T = (examples[0] as number[][]).length;
  const m = kept.length;
  const all = examples.flat();
  const total = examples.map(plus);
  const keptOnly = examples.map((positions) => kept.map((t) => positions[t] as number[]));
  switch (reduction) {
    case "expand":
    case "receptiveField":
      return outerSum(all, side === "inputs" ? 1 / N : 1 / (N * T));
    case "reduce":
      return outerSum(side === "inputs" ? total.map((v) => times(v, 1 / T)) : total, 1 / N);
    case "mean":
    case "receptiveFieldMean":
      return outerSum(
        total.map((v) => times(v, 1 / T)),
        1 / N,
      );
    case "sum":
      return outerSum(total, 1 / N);
    case "subsample":
      return outerSum(keptOnly.flat(), side === "inputs" ? T / (m * N) : 1 / (m * N));
    case "subsampleMean":
      return outerSum(
        keptOnly.map((positions) => times(plus(positions), 1 / m)),
        1 / N,
      );
  }
}

/** Average over the taps of an im2col column. */
function overTaps(examples: Positions, channels: number): Positions {
  return examples.map((positions) =>
    positions.map((u) => {
      const taps = u.length / channels;
      return Array.from(
        { length: channels },
        (_, c) => u.slice(c * taps, (c + 1) * taps).reduce((a, b) => a + b) / taps,
      );
    }),
  );
}

describe("LayerRecord.perExample", () => {
  it("reads a convolution's patches so that output = W · input at every position", () => {
    const record = image();
    const { inputs, outputGrads } = perExample(record);
    const input = record.uses[0]?.input as Tensor;
    expect(inputs).toBeAllclose(permute(im2col(input, conv), [0, 2, 1]));
    expect(inputs.shape).toEqual([2, 15, 12]);
    expect(outputGrads.shape).toEqual([1, 2, 15, 4]);
    // position (row 1, column 2) of example 1, channel 3
    const grad = record.uses[0]?.outputGrads[0] as Tensor;
    expect(
      slice(outputGrads, [
        [0, 1],
        [1, 2],
        [5, 6],
        [3, 4],
      ]).itemSync(),
    ).toBe(
      slice(grad, [
        [1, 2],
        [3, 4],
        [1, 2],
        [2, 3],
      ]).itemSync(),
    );
  });

  it("appends the bias coordinate", () => {
    const { inputs } = perExample(sequence(true));
    expect(inputs.shape).toEqual([3, 10, 5]);
    expect([...slice(inputs, [null, null, [4]]).dataSync()]).toEqual(new Array(30).fill(1));
    expect(perExample(sequence(true), { bias: false }).inputs.shape).toEqual([3, 10, 4]);
  });
});

describe("LayerRecord.secondMoment", () => {
  const stride = 2;
  const cases = [
    { name: "a sequence", make: sequence, kept: [0, 2, 4, 6, 8], channels: 4 },
    { name: "an image", make: image, kept: [0, 2, 6, 8, 12, 14], channels: 2 }, // rows 0, 2, 4 · columns 0, 2 of [5, 3]
  ];
  for (const { name, make, kept, channels } of cases) {
    for (const reduction of Object.keys(reductions) as ReductionName[]) {
      const isField = reduction.startsWith("receptiveField");
      for (const hasBias of isField ? [false] : [false, true]) {
        it(`follows the table on ${name}: ${reduction}${hasBias ? ", bias" : ""}`, () => {
          const record = make(hasBias);
          const { inputs, outputGrads } = perExample(record);
          const u = isField ? overTaps(nested(inputs), channels) : nested(inputs);
          const v = nested(reshape(outputGrads, outputGrads.shape.slice(1)));
          expect(record.secondMoment("inputs", reductions[reduction], { stride })).toBeAllclose(
            bySums(reduction, "inputs", u, kept),
          );
          expect(record.secondMoment("outputGrads", reductions[reduction], { stride })).toBeAllclose(
            bySums(reduction, "outputGrads", v, kept),
          );
        });
      }
    }
  }

  it("has no receptive fields with the bias coordinate", () => {
    expect(() => image(true).secondMoment("inputs", reductions.receptiveField)).toThrow(UsageError);
    expect(image(true).secondMoment("inputs", reductions.receptiveField, { bias: false }).shape).toEqual([2, 2]);
  });

  it("averages the taps of a dilated kernel too", () => {
    const geometry: ConvGeometry = { ...conv, dilation: [1, 2] };
    const input = random(1, [2, 2, 5, 6]);
    const record = recordOf(geometry, [{ input, outputGrads: [] }]);
    const u = overTaps(nested(permute(im2col(input, geometry), [0, 2, 1])), 2);
    expect(record.secondMoment("inputs", reductions.receptiveField)).toBeAllclose(
      bySums("receptiveField", "inputs", u, []),
    );
  });

  it("adds up label columns: G of exact labels is the sum of each column's G", () => {
    const record = sequence(false, 3);
    const apart = record.uses[0]?.outputGrads.map((grad) =>
      recordOf({ kind: "dense" }, [{ input: random(1, [3, 2, 5, 4]), outputGrads: [grad] }]),
    );
    for (const reduction of Object.keys(reductions) as ReductionName[]) {
      const want = apart
        ?.map((one) => one.secondMoment("outputGrads", reductions[reduction]))
        .reduce((a, b) => a.add(b)) as Tensor;
      expect(record.secondMoment("outputGrads", reductions[reduction])).toBeAllclose(want);
    }
  });

  it("of a sum scales with the batch as 1: N copies of the data change nothing", () => {
    const [input, grad] = [random(1, [1, 4]), random(2, [1, 3])];
    const copies = (t: Tensor) =>
      tensor(
        Float64Array.from({ length: 5 * t.size }, (_, i) => t.dataSync()[i % t.size]!),
        { shape: [5, t.size] },
      );
    const one = recordOf({ kind: "dense" }, [{ input, outputGrads: [grad] }], true);
    const five = recordOf({ kind: "dense" }, [{ input: copies(input), outputGrads: [copies(grad)] }], true);
    for (const side of ["inputs", "outputGrads"] as const) {
      expect(five.secondMoment(side, reductions.expand)).toBeAllclose(one.secondMoment(side, reductions.expand));
    }
  });
});

describe("several uses of one weight", () => {
  const parts = [random(1, [3, 4]), random(2, [3, 4]), random(3, [3, 2]), random(4, [3, 2])] as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const [u1, u2, v1, v2] = parts;
  const record = recordOf(
    { kind: "dense" },
    [
      { input: u1, outputGrads: [v1] },
      { input: u2, outputGrads: [v2] },
    ],
    true,
  );
  const stacked = (a: Tensor, b: Tensor) => tensor(interleave(a, b), { dtype: "float64" });
  const together = recordOf({ kind: "dense" }, [{ input: stacked(u1, u2), outputGrads: [stacked(v1, v2)] }], true);

  it("count as positions: they equal one use on a sequence", () => {
    expect(record.positions).toBe(2);
    for (const reduction of Object.keys(reductions) as ReductionName[]) {
      for (const side of ["inputs", "outputGrads"] as const) {
        if (reduction.startsWith("receptiveField")) continue; // no bias there
        expect(record.secondMoment(side, reductions[reduction], { stride: 1 })).toBeAllclose(
          together.secondMoment(side, reductions[reduction], { stride: 1 }),
        );
      }
    }
  });

  it("must see the same examples", () => {
    const uses = [
      { input: u1, outputGrads: [v1] },
      { input: random(5, [2, 4]), outputGrads: [random(6, [2, 2])] },
    ];
    expect(() => recordOf({ kind: "dense" }, uses)).toThrow(ShapeError);
  });
});

/** [N, d], [N, d] → [N][2][d] */
function interleave(a: Tensor, b: Tensor): number[][][] {
  const [N, d] = a.shape as [number, number];
  const row = (t: Tensor, n: number) => [...t.dataSync()].slice(n * d, (n + 1) * d);
  return Array.from({ length: N }, (_, n) => [row(a, n), row(b, n)]);
}

describe("LayerRecord.rows", () => {
  it("are Xᵀ and Yᵀ with A = X Xᵀ, G = Y Yᵀ", () => {
    const record = image(true);
    const X = transpose(record.rows("inputs", reductions.reduce));
    const Y = transpose(record.rows("outputGrads", reductions.reduce));
    expect(X.shape).toEqual([13, 2]);
    expect(matmul(X, transpose(X))).toBeAllclose(record.secondMoment("inputs", reductions.reduce));
    expect(matmul(Y, transpose(Y))).toBeAllclose(record.secondMoment("outputGrads", reductions.reduce));
  });
});

describe("LayerRecord.group", () => {
  it("is the record of a layer that reads and writes that group's channels", () => {
    const [input, grad] = [random(1, [2, 4, 5, 6]), random(2, [2, 6, 5, 3])];
    const grouped = recordOf({ ...conv, groups: 2 }, [{ input, outputGrads: [grad] }], true);
    const second = recordOf(
      conv,
      [{ input: slice(input, [null, [2, 4]]), outputGrads: [slice(grad, [null, [3, 6]])] }],
      true,
    );
    for (const reduction of ["expand", "reduce", "subsample"] as const) {
      for (const side of ["inputs", "outputGrads"] as const) {
        expect(grouped.group(1).secondMoment(side, reductions[reduction])).toBeAllclose(
          second.secondMoment(side, reductions[reduction]),
        );
      }
    }
    expect(sizeOf(grouped.group(0).secondMoment("outputGrads", reductions.expand).shape)).toBe(9);
  });
});

describe("errors of LayerRecord", () => {
  it("say when output gradients were not captured", () => {
    const record = recordOf({ kind: "dense" }, [{ input: random(1, [2, 3]), outputGrads: [] }]);
    expect(() => record.rows("outputGrads", reductions.expand)).toThrow(/layer: output gradients were not captured/);
    expect(record.secondMoment("inputs", reductions.expand).shape).toEqual([3, 3]);
  });
});

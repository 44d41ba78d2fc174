import { type Block, denseGradient, type LayerRecord, type Objective, valueAndGrad } from "@kronograd/autograd";
import { eigh } from "@kronograd/linalg/decompositions";
import { curvatureSuite } from "@kronograd/suites";
import {
  convLayer,
  denseLayer,
  exactGgn,
  meanSquaredError,
  randomWeights,
  seenBy,
  softmaxCrossEntropy,
  type Weights,
} from "@kronograd/suites/exact";
import {
  add,
  eye,
  globalAvgPool2d,
  matmul,
  mul,
  normal,
  Rng,
  relu,
  reshape,
  type Shape,
  scale,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { blockInfo } from "../block-info.ts";
import { contextByHand, directionByHand, learnByHand, refineByHand, refreshByHand } from "../driver/by-hand.ts";
import { type EkfacState, ekfacCurvature } from "./ekfac.ts";
import { kfacCurvature } from "./kfac.ts";
import { momentsInBasis } from "./parts/moments-in-basis.ts";

curvatureSuite(ekfacCurvature());
describe("biases apart", () => curvatureSuite(ekfacCurvature({ bias: "separate" })));

const tolerance = { rtol: 1e-9 }; // two rotations on top of sums of a few terms
const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const context = contextByHand(0.1, 0);
type Smooth = Exclude<Objective, () => Tensor>;
type Options = Parameters<typeof ekfacCurvature>[0];

interface Seen {
  readonly state: EkfacState;
  readonly block: Block;
  /** (U_G ⊗ U_A) diag(S) (U_G ⊗ U_A)ᵀ */
  readonly matrix: Tensor;
}

/** EKFAC of a layer after one batch. */
function seen(objective: Objective, weights: Weights, layer: string, options: Options = {}): Seen {
  const method = ekfacCurvature({ labels: "exact", ...options });
  const capture = { inputs: true, outputGrads: method.needs.outputGrads ?? "empirical" } as const;
  const { gradients, records } = valueAndGrad(objective, weights, { capture });
  const block = (gradients.get(layer) as { block: Block }).block;
  const record = records.get(layer) as NonNullable<ReturnType<typeof records.get>>;
  const fresh = refreshByHand(
    method,
    learnByHand(method, method.init(blockInfo(block), context), record, context),
    context,
  );
  const state = refineByHand(method, fresh, record, context);
  return { state, block, matrix: inBasis(state) };
}

function inBasis({ basis, S }: EkfacState): Tensor {
  const { A, G } = basis as { A: Tensor; G: Tensor };
  const [i, o] = [A.shape[0] as number, G.shape[0] as number];
  const columns = reshape(mul(reshape(G, [o, 1, o, 1]), reshape(A, [1, i, 1, i])), [o * i, o * i]); // G ⊗ A
  return matmul(mul(columns, reshape(S as Tensor, [1, -1])), transpose(columns));
}

const distance = (a: Tensor, b: Tensor): number => sum(mul(sub(a, b), sub(a, b))).itemSync();

const widths = (list: readonly number[]): Weights =>
  randomWeights(
    Object.fromEntries(
      list.slice(1).flatMap((out, i) => [
        [`fc${i}.weight`, [out, list[i] as number]],
        [`fc${i}.bias`, [out]],
      ]),
    ),
  );
const net = (weights: Weights, x: Tensor, activation: (x: Tensor) => Tensor): Tensor =>
  Object.keys(weights)
    .filter((name) => name.endsWith(".weight"))
    .map((name) => name.split(".")[0] as string)
    .reduce((h, name, i) => denseLayer(name, i === 0 ? h : activation(h), weights), x);

const mlp = widths([5, 4, 4, 2]);
const deep = widths([4, 3, 3, 2]);
const kernels = randomWeights({ "conv.weight": [3, 2, 3, 3], "conv.bias": [3] });
const image = random(3, [4, 2, 6, 6]);

/** The cases T1, T5, T8 and T12, in which the block is a Kronecker product. */
const exactCases: Record<string, { weights: Weights; layers: string[]; options?: Options; objective: Smooth }> = {
  "T1, squared error": {
    weights: mlp,
    layers: ["fc0", "fc1", "fc2"],
    objective: {
      outputs: () => net(mlp, random(1, [1, 5]), tanh),
      loss: meanSquaredError(),
      targets: random(2, [1, 2]),
    },
  },
  "T1, cross-entropy": {
    weights: mlp,
    layers: ["fc0", "fc1", "fc2"],
    objective: {
      outputs: () => net(mlp, random(1, [1, 5]), relu),
      loss: softmaxCrossEntropy(),
      targets: tensor(Int32Array.of(0)),
    },
  },
  T5: {
    weights: deep,
    layers: ["fc0", "fc1", "fc2"],
    objective: {
      outputs: () => net(deep, random(1, [6, 4]), (x) => x),
      loss: meanSquaredError(),
      targets: random(2, [6, 2]),
    },
  },
  T8: {
    weights: deep,
    layers: ["fc0", "fc1", "fc2"],
    objective: {
      outputs: () => net(deep, random(1, [6, 5, 4]), (x) => x),
      loss: meanSquaredError(),
      targets: random(2, [6, 5, 2]),
    },
  },
  T12: {
    weights: kernels,
    layers: ["conv"],
    options: { reduction: "reduce" },
    objective: {
      outputs: () => globalAvgPool2d(convLayer("conv", image, kernels)),
      loss: meanSquaredError(),
      targets: random(2, [4, 3]),
    },
  },
};

describe("T19: ekfacCurvature where K-FAC is exact", () => {
  for (const [name, { weights, layers, options, objective }] of Object.entries(exactCases)) {
    it(`is the GGN block: ${name}`, () => {
      for (const layer of layers) {
        const { matrix, block } = seen(objective, weights, layer, options);
        expect(matrix).toBeAllclose(exactGgn(objective, weights, block), tolerance);
      }
    });
  }

  it("is the empirical Fisher block of one example", () => {
    const { objective } = exactCases["T1, squared error"] as (typeof exactCases)[string];
    const { matrix } = seen(objective, mlp, "fc1", { labels: "empirical" });
    const { matrix: kfac } = seenBy(kfacCurvature(), objective, mlp, "fc1");
    expect(matrix).toBeAllclose(kfac, tolerance);
  });
});

describe("T20: ekfacCurvature on any net", () => {
  const x = random(5, [9, 5]);
  const conv = () => relu(convLayer("conv", image, kernels, { stride: [2, 2] })); // [4, 3, 2, 2]
  const head = randomWeights({ "head.weight": [2, 12], "head.bias": [2] });
  const both = { ...kernels, ...head };
  const cases: { name: string; weights: Weights; layers: string[]; objective: Smooth }[] = [
    {
      name: "MLP",
      weights: mlp,
      layers: ["fc0", "fc1"],
      objective: {
        outputs: () => net(mlp, x, tanh),
        loss: softmaxCrossEntropy(),
        targets: tensor(Int32Array.from({ length: 9 }, (_, i) => i % 2)),
      },
    },
    {
      name: "convolutional net",
      weights: both,
      layers: ["conv", "head"],
      objective: {
        outputs: () => denseLayer("head", reshape(conv(), [4, 12]), head),
        loss: meanSquaredError(),
        targets: random(2, [4, 2]),
      },
    },
  ];
  for (const { name, weights, layers, objective } of cases) {
    it(`is no farther from the GGN block than K-FAC: ${name}`, () => {
      for (const layer of layers) {
        for (const reduction of ["expand", "reduce"] as const) {
          const ekfac = seen(objective, weights, layer, { reduction });
          const exact = exactGgn(objective, weights, ekfac.block);
          const { matrix: kfac } = seenBy(kfacCurvature({ labels: "exact", reduction }), objective, weights, layer);
          const rounding = 1e-24 * sum(mul(exact, exact)).itemSync(); // the last layer's block is a Kronecker product
          expect(distance(ekfac.matrix, exact)).toBeLessThanOrEqual(distance(kfac, exact) + rounding);
        }
      }
    });
  }
});

describe("ekfacCurvature", () => {
  const { objective } = exactCases.T5 as (typeof exactCases)[string];

  it("inverts its own matrix with λ on the diagonal", () => {
    const { state, block, matrix } = seen(objective, deep, "fc1");
    const V = random(7, block.shape);
    const method = ekfacCurvature();
    const direction = directionByHand(method, state, denseGradient(block, V), context) as Tensor;
    const n = direction.size;
    const back = matmul(add(matrix, scale(eye(n, { dtype: "float64" }), 0.1)), reshape(direction, [n, 1]));
    expect(reshape(back, V.shape)).toBeAllclose(V, tolerance);
  });

  it("is K-FAC with exact damping until it has refined", () => {
    const { A, G, block, record } = seenBy(kfacCurvature(), objective, deep, "fc1");
    const V = denseGradient(block, random(7, block.shape));
    const [ekfac, kfac] = [ekfacCurvature(), kfacCurvature({ inverse: "eigen" })];
    const ofEkfac = refreshByHand(
      ekfac,
      learnByHand(ekfac, ekfac.init(blockInfo(block), context), record, context),
      context,
    );
    const ofKfac = refreshByHand(
      kfac,
      learnByHand(kfac, kfac.init(blockInfo(block), context), record, context),
      context,
    );
    expect(directionByHand(ekfac, ofEkfac, V, context)).toBeAllclose(
      directionByHand(kfac, ofKfac, V, context) as Tensor,
      tolerance,
    );
    expect(ofEkfac.S).toBeAllclose(mul(reshape(eigh(G).values, [-1, 1]), reshape(eigh(A).values, [1, -1])), tolerance);
  });

  it("averages second moments in one basis, and begins anew in the next", () => {
    const method = ekfacCurvature({ decay: 0.75 });
    const other = { ...objective, outputs: () => net(deep, random(8, [6, 4]), (x) => x) };
    const [first, second] = [objective, other].map((given) => seenBy(kfacCurvature(), given, deep, "fc1").record) as [
      LayerRecord,
      LayerRecord,
    ];
    const { block } = seenBy(kfacCurvature(), objective, deep, "fc1");
    const refine = (s: EkfacState, record: LayerRecord, c: typeof context) => refineByHand(method, s, record, c);
    const fresh = refreshByHand(
      method,
      learnByHand(method, method.init(blockInfo(block), context), first, context),
      context,
    );
    const basis = fresh.basis as { A: Tensor; G: Tensor };
    const want = add(scale(momentsInBasis(first, basis), 0.75), scale(momentsInBasis(second, basis), 0.25));
    const twice = refine(refine(fresh, first, context), second, context);
    expect(twice.S).toBeAllclose(want, tolerance);
    expect([twice.refined, refreshByHand(method, twice, context).refined]).toEqual([2, 0]);
  });

  it("shows A, G and S", () => {
    const method = ekfacCurvature();
    const { state, block } = seen(objective, deep, "fc1");
    expect(Object.keys(method.inspect?.(state).matrices ?? {})).toEqual(["A", "G", "S"]);
    expect(method.inspect?.(method.init(blockInfo(block), context))).toEqual({});
  });
});

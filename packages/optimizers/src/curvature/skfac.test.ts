import {
  type Block,
  denseGradient,
  factoredGradient,
  type LayerRecord,
  layerRecord,
  type ReductionName,
  reductions,
} from "@kronograd/autograd";
import { dampedInverse, gram } from "@kronograd/linalg";
import { eigh } from "@kronograd/linalg/decompositions";
import { curvatureSuite } from "@kronograd/suites";
import {
  concat,
  gather,
  matmul,
  normal,
  Rng,
  type Shape,
  scale,
  setRecorder,
  type Tensor,
  tensor,
  transpose,
  UsageError,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { layerBlock } from "../../testing/index.ts";
import { blockInfo } from "../block-info.ts";
import { contextByHand, directionByHand, learnByHand, refreshByHand } from "../driver/by-hand.ts";
import { kfacCurvature } from "./kfac.ts";
import { leanSkfac } from "./parts/skfac-method.ts";
import { paperSkfac, type SkfacState, skfacCurvature } from "./skfac.ts";

curvatureSuite(skfacCurvature());
describe("of the last batch", () => curvatureSuite(skfacCurvature({ rank: null })));
describe("from its parts, without push-through", () => curvatureSuite(leanSkfac()));
describe("as released", () => curvatureSuite(skfacCurvature(paperSkfac)));
describe("with two columns", () => curvatureSuite(skfacCurvature({ rank: 2 })));

type Options = Parameters<typeof skfacCurvature>[0];
type Method = ReturnType<typeof skfacCurvature>;
const methodOf = (options: Options): Method => skfacCurvature(options);

const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const context = (damping: number, step = 0) => contextByHand(damping, step);

interface Batch {
  readonly u: Tensor;
  readonly v: Tensor;
}
const batchOf = (seed: number, N: number, inputs: number, out: number): Batch => ({
  u: random(seed, [N, inputs]),
  v: random(seed + 1, [N, out]),
});
const recordOf = ({ u, v }: Batch, hasBias = true): LayerRecord =>
  layerRecord({
    name: "layer",
    geometry: { kind: "dense" },
    hasBias,
    labels: "empirical",
    uses: [{ input: u, outputGrads: [v] }],
  });
const gradientOf = ({ u, v }: Batch, block: Block) =>
  factoredGradient(block, { g: v, a: u, scale: 1 / (u.shape[0] as number), hasBias: block.hasBias });
const joint = (direction: Tensor | { dense(): Tensor }): Tensor =>
  "dense" in direction ? direction.dense() : direction;

function after(options: Options, block: Block, batches: readonly Batch[], damping = 0.1): SkfacState {
  const method = methodOf(options);
  const seen = batches.reduce(
    (state, batch, step) => learnByHand(method, state, recordOf(batch, block.hasBias), context(damping, step)),
    method.init(blockInfo(block), context(damping)),
  );
  return refreshByHand(method, seen, context(damping, batches.length - 1));
}
const direction = (
  options: Options,
  state: SkfacState,
  gradient: Parameters<Method["precondition"]>[1],
  damping = 0.1,
  step = 0,
) => joint(directionByHand(methodOf(options), state, gradient, context(damping, step)));

/** Names and output shapes of the products that `f` runs. */
function products(f: () => void): string[] {
  const seen: string[] = [];
  const previous = setRecorder({
    record: (op, _, outputs) =>
      void (/matmul|linear|syrk/.test(op.name) && seen.push(`[${outputs[0]?.shape.join(", ")}]`)),
  });
  try {
    f();
  } finally {
    setRecorder(previous);
  }
  return seen;
}

describe("S4: skfacCurvature on every refresh", () => {
  const sizes = [
    { name: "B < d", N: 3, inputs: 30, out: 20 },
    { name: "B > d", N: 40, inputs: 5, out: 4 },
    { name: "B between the two", N: 8, inputs: 40, out: 3 },
  ];
  for (const { name, N, inputs, out } of sizes) {
    it(`is K-FAC without average and π: ${name}`, () => {
      const block = layerBlock("layer", out, inputs);
      const batch = batchOf(1, N, inputs, out);
      const state = after({ rank: null, pi: false }, block, [batch]);
      const kfac = kfacCurvature({ decay: 0, pi: false });
      const seen = refreshByHand(
        kfac,
        learnByHand(kfac, kfac.init(blockInfo(block), context(0.1)), recordOf(batch), context(0.1)),
        context(0.1),
      );
      for (const gradient of [
        gradientOf(batch, block),
        gradientOf(batchOf(7, N, inputs, out), block),
        denseGradient(block, random(9, [out, inputs + 1])),
      ]) {
        const want = joint(directionByHand(kfac, seen, gradient, context(0.1)));
        expect(direction({ rank: null, pi: false }, state, gradient)).toBeAllclose(want, { rtol: 1e-8 });
      }
    });
  }

  it("is K-FAC for every averaged batch too, while nothing is cut: with π, in both forms", () => {
    const batches = [batchOf(1, 4, 30, 5), batchOf(3, 4, 30, 5), batchOf(5, 4, 30, 5)];
    const block = layerBlock("layer", 5, 30);
    const options = { rank: 12, decay: 0.9 };
    const state = after(options, block, batches);
    expect([state.A?.form, state.G?.form]).toEqual(["dual", "primal"]);
    const kfac = kfacCurvature({ decay: 0.9 });
    const seen = batches.reduce(
      (s, batch) => learnByHand(kfac, s, recordOf(batch), context(0.1)),
      kfac.init(blockInfo(block), context(0.1)),
    );
    const fresh = refreshByHand(kfac, seen, context(0.1));
    expect(state.pi).toBeCloseTo(Number(fresh.pi), 10);
    const gradient = denseGradient(block, random(9, [5, 31]));
    expect(direction(options, state, gradient)).toBeAllclose(
      joint(directionByHand(kfac, fresh, gradient, context(0.1))),
      {
        rtol: 1e-8,
      },
    );
  });
});

describe("the form of each side", () => {
  it("is columns where they are few, a matrix where the side is small", () => {
    const forms = (N: number, inputs: number, out: number, rank: number | null) => {
      const { A, G } = after({ rank, refreshEvery: 20 }, layerBlock("layer", out, inputs), [
        batchOf(1, N, inputs, out),
      ]);
      return [A?.form, G?.form];
    };
    expect(forms(16, 200, 10, null)).toEqual(["dual", "primal"]);
    expect(forms(4, 100, 80, null)).toEqual(["dual", "dual"]);
    expect(forms(64, 20, 10, null)).toEqual(["primal", "primal"]);
    expect(forms(64, 200, 10, 8)).toEqual(["dual", "primal"]);
  });

  it("never has more columns than the rank", () => {
    const { A } = after({ rank: 8, refreshEvery: 20 }, layerBlock("layer", 10, 200), [
      batchOf(1, 64, 200, 10),
      batchOf(3, 64, 200, 10),
    ]);
    expect(A?.form === "dual" && A.Xt.shape).toEqual([8, 201]);
  });

  it("does not matter to the direction", () => {
    const [block, batch] = [layerBlock("layer", 6, 9), batchOf(1, 5, 9, 6)];
    const V = denseGradient(block, random(4, [6, 10]));
    const [A, G] = (["inputs", "outputGrads"] as const).map((side) =>
      recordOf(batch).secondMoment(side, reductions.reduce),
    ) as [Tensor, Tensor];
    for (const refreshEvery of [1, 1000]) {
      const options = { rank: null, pi: false, refreshEvery };
      const want = matmul(dampedInverse(G, Math.sqrt(0.1)), matmul(V.dense(), dampedInverse(A, Math.sqrt(0.1))));
      expect(direction(options, after(options, block, [batch]), V)).toBeAllclose(want, { rtol: 1e-10 });
    }
  });
});

describe("push-through", () => {
  const [N, inputs, out] = [3, 40, 30];
  const block = layerBlock("layer", out, inputs);
  const batch = batchOf(1, N, inputs, out);
  const options = { rank: null };
  const state = after(options, block, [batch]);
  const same = { ...context(0.1), sameRows: true };

  it("never forms a gradient on the batch that it has just seen, nor anything of size d × d", () => {
    const names = products(() => void directionByHand(methodOf(options), state, gradientOf(batch, block), same));
    expect(names).toEqual(["[3, 3]", "[3, 30]"]); // K_X⁻¹ K_Y⁻¹, and that times g
  });

  it("equals the two-sided form on the gradient itself", () => {
    const gradient = gradientOf(batch, block);
    const two = direction(options, state, denseGradient(block, gradient.dense()));
    expect(joint(directionByHand(methodOf(options), state, gradient, same))).toBeAllclose(two, { rtol: 1e-9 });
  });

  it("is not used where the gradient has other rows, nor with averaged columns", () => {
    const averaged = { rank: 8 };
    const lengths = [
      () => direction(options, state, gradientOf(batch, block)),
      () => directionByHand(methodOf(averaged), after(averaged, block, [batch]), gradientOf(batch, block), same),
    ].map((f) => products(() => void f()).length);
    for (const length of lengths) expect(length).toBeGreaterThan(3);
  });

  it("is not used when the batch was seen after the last refresh", () => {
    const next = batchOf(5, N, inputs, out);
    const moved = learnByHand(methodOf(options), state, recordOf(next), context(0.1, 1));
    const want = direction(options, state, denseGradient(block, gradientOf(next, block).dense()));
    const got = directionByHand(methodOf(options), moved, gradientOf(next, block), same);
    expect(joint(got)).toBeAllclose(want, { rtol: 1e-9 });
  });
});

describe("S10: invariances of skfacCurvature in the dual form", () => {
  const [N, inputs, out] = [4, 30, 20];
  const block = layerBlock("layer", out, inputs);
  const batch = batchOf(1, N, inputs, out);
  const V = denseGradient(block, random(3, [out, inputs + 1]));
  const P = (given: Batch, options: Options = { rank: null }, damping = 0.1, gradient = V) =>
    direction(options, after(options, block, [given], damping), gradient, damping);
  const map = (f: (t: Tensor) => Tensor): Batch => ({ u: f(batch.u), v: f(batch.v) });
  const close = { rtol: 1e-8 };

  it("does not see the order of a batch, nor that it is repeated", () => {
    for (const options of [{ rank: null }, { rank: 8 }]) {
      expect(
        P(
          map((t) => gather(t, tensor(Int32Array.of(2, 0, 3, 1)))),
          options,
        ),
      ).toBeAllclose(P(batch, options), close);
      expect(
        P(
          map((t) => concat([t, t], 0)),
          options,
        ),
      ).toBeAllclose(P(batch, options), close);
    }
  });

  it("follows the scale of the loss: c times the output gradients with c²λ is the inverse over c²", () => {
    const c = 5;
    const scaled = { u: batch.u, v: scale(batch.v, c) };
    expect(scale(P(scaled, { rank: null }, c * c * 0.1), c * c)).toBeAllclose(P(batch), close);
  });

  it("commutes with orthogonal changes of basis", () => {
    const turn = (seed: number, n: number) => {
      const M = random(seed, [n, n]);
      return eigh(M.add(transpose(M))).vectors;
    };
    const [Q, R] = [turn(5, inputs), turn(6, out)];
    const plain: Block = {
      ...layerBlock("layer", out, inputs),
      shape: [out, inputs],
      shapes: [[out, inputs]],
      parameters: ["layer.weight"],
      hasBias: false,
    };
    const W = random(7, [out, inputs]);
    const of = (given: Batch, G: Tensor) =>
      direction({ rank: null }, after({ rank: null }, plain, [given]), denseGradient(plain, G));
    const turned = { u: matmul(batch.u, transpose(Q)), v: matmul(batch.v, transpose(R)) };
    const want = matmul(R, matmul(of(batch, W), transpose(Q)));
    expect(of(turned, matmul(R, matmul(W, transpose(Q))))).toBeAllclose(want, close);
  });
});

describe("S11: the limits of skfacCurvature", () => {
  it("is λ times a gradient step as λ grows", () => {
    const block = layerBlock("layer", 20, 30);
    const V = denseGradient(block, random(3, [20, 31]));
    for (const options of [{ rank: null }, { rank: 8 }]) {
      const lambda = 1e14;
      const state = after(options, block, [batchOf(1, 4, 30, 20)], lambda);
      expect(scale(direction(options, state, V, lambda), lambda)).toBeAllclose(V.dense(), { rtol: 1e-6 });
    }
  });

  it("solves least squares in one step as λ → 0: one linear layer, exact labels, N > d", () => {
    const [N, inputs, out] = [30, 4, 2];
    const block: Block = {
      ...layerBlock("layer", out, inputs),
      shape: [out, inputs],
      shapes: [[out, inputs]],
      parameters: ["layer.weight"],
      hasBias: false,
    };
    const [x, y, W] = [random(1, [N, inputs]), random(2, [N, out]), random(3, [out, inputs])];
    // ½‖xWᵀ − y‖² of each example: H = I, so the exact label columns are unit vectors
    const columns = Array.from({ length: out }, (_, c) =>
      tensor(
        Float64Array.from({ length: N * out }, (_, i) => (i % out === c ? 1 : 0)),
        { shape: [N, out] },
      ),
    );
    const record = layerRecord({
      name: "layer",
      geometry: { kind: "dense" },
      hasBias: false,
      labels: "exact",
      uses: [{ input: x, outputGrads: columns }],
    });
    const residual = matmul(x, transpose(W)).sub(y);
    const gradient = denseGradient(block, scale(matmul(transpose(residual), x), 1 / N));
    const method = skfacCurvature({ labels: "exact", rank: null });
    const state = refreshByHand(
      method,
      learnByHand(method, method.init(blockInfo(block), context(0)), record, context(0)),
      context(1e-18),
    );
    const next = W.sub(joint(directionByHand(method, state, gradient, context(1e-18))));
    const solution = matmul(matmul(transpose(y), x), dampedInverse(gram(x), 0));
    expect(next).toBeAllclose(solution, { rtol: 1e-6 });
  });
});

describe("S12: between refreshes", () => {
  it("the inverses stay the same objects while columns move", () => {
    const method = skfacCurvature();
    const block = layerBlock("layer", 20, 30);
    const first = after({}, block, [batchOf(1, 4, 30, 20)]);
    const later = learnByHand(method, first, recordOf(batchOf(3, 4, 30, 20)), context(0.1, 1));
    expect(later.inverses).toBe(first.inverses);
    expect(later.A).not.toBe(first.A);
  });
});

describe("reductions", () => {
  const use = { input: random(1, [3, 4, 5, 6]), outputGrads: [random(2, [3, 2, 3, 4])] };
  const geometry = {
    kind: "conv2d",
    kernel: [3, 3],
    stride: [1, 1],
    padding: [0, 0],
    dilation: [1, 1],
    groups: 1,
  } as const;
  const record = layerRecord({ name: "conv", geometry, hasBias: false, labels: "empirical", uses: [use] });
  const block: Block = {
    name: "conv",
    parameters: ["conv.weight"],
    shapes: [[2, 4, 3, 3]],
    shape: [2, 36],
    isLayer: true,
    hasBias: false,
    groups: 1,
  };
  for (const [name, reduction] of Object.entries(reductions)) {
    it(`takes its columns from the record: ${name}`, () => {
      const method = skfacCurvature({
        reduction: name as ReductionName,
        rank: null,
        pi: false,
        bias: "separate",
        stride: 2,
      });
      const state = refreshByHand(
        method,
        learnByHand(method, method.init(blockInfo(block), context(0.1)), record, context(0.1)),
        context(0.1),
      );
      const moments = (["inputs", "outputGrads"] as const).map((side) =>
        record.secondMoment(side, reduction, { stride: 2 }),
      ) as [Tensor, Tensor];
      const shown = [state.A, state.G].map((moment) => (moment?.form === "dual" ? gram(moment.Xt) : moment?.M)) as [
        Tensor,
        Tensor,
      ];
      expect(shown[0]).toBeAllclose(moments[0]);
      expect(shown[1]).toBeAllclose(moments[1]);
      expect(
        joint(directionByHand(method, state, denseGradient(block, random(3, [2, 36])), context(0.1))).shape,
      ).toEqual([2, 36]);
    });
  }

  it("has no receptive field with the bias in the factor; it leaves biases apart by itself", () => {
    expect(skfacCurvature({ reduction: "receptiveField" }).needs.bias).toBe("separate");
    expect(() => skfacCurvature({ reduction: "receptiveField", bias: "joint" })).toThrow(UsageError);
  });
});

describe("skfacCurvature", () => {
  const block = layerBlock("layer", 20, 30);

  it("does not promise the exact block with a cap, nor to follow the loss's scale without π", () => {
    expect(skfacCurvature().claims).not.toContain("equalsDenseBlock");
    expect(skfacCurvature({ pi: false }).claims).not.toContain("lossScale");
  });

  it("refuses a rank of 0 and a decay of 1", () => {
    expect(() => skfacCurvature({ rank: 0 })).toThrow(UsageError);
    expect(() => skfacCurvature({ decay: 1 })).toThrow("skfac: decay is out of range");
  });

  it("names the side whose damping is missing", () => {
    expect(() => after({ rank: null, pi: false }, block, [batchOf(1, 4, 30, 20)], 0)).toThrow(
      /skfac, input side: damping is 0/,
    );
  });
});

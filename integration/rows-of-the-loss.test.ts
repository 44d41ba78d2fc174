/**
 * Examples and row weights come from the loss: K-FAC is the exact block of deep linear nets with squared error (T5, T8, T9),
 * however rows are written, masked or padded.
 */

import { type LossObjective, recordLayer, reductions, valueAndGrad } from "@kronograd/autograd";
import {
  Dense,
  Embedding,
  meanSquaredError,
  model,
  parameters,
  softmaxCrossEntropy,
  transformerEncoder,
} from "@kronograd/layers";
import { chain, kfacCurvature, Optimizer, precondition } from "@kronograd/optimizers";
import { exactGgn, seenBy } from "@kronograd/suites/exact";
import {
  add,
  broadcastTo,
  concat,
  generate,
  linear,
  matmul,
  mean,
  mul,
  normal,
  Rng,
  reshape,
  type Shape,
  scale,
  slice,
  sum,
  type Tensor,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";

const f64 = { dtype: "float64" } as const;
const random = (seed: number, shape: Shape) => normal(new Rng(seed), shape, f64);
const [N, S, D, C] = [6, 3, 4, 2];
const [W, V] = [random(2, [D, D]), random(3, [C, D])];
const weights = { "w.weight": W, "v.weight": V };

function layer(name: string, input: Tensor, weight: Tensor, rowWeights?: Tensor): Tensor {
  const output = linear(input, weight, null);
  recordLayer({ name, weight, bias: null, input, output, geometry: { kind: "dense" }, rowWeights });
  return output;
}
const net = (x: Tensor, mask?: Tensor) => layer("v", layer("w", x, W, mask), V, mask);

/** K-FAC's block of layer w and the exact one. */
function blocks(objective: LossObjective, reduction: "expand" | "reduce" = "expand") {
  const { matrix, block } = seenBy(kfacCurvature({ labels: "exact", reduction }), objective, weights, "w");
  return [matrix, exactGgn(objective, weights, block)] as const;
}
const tolerance = { rtol: 1e-9, atol: 1e-12 };
function expectExact(objective: LossObjective, reduction: "expand" | "reduce" = "expand") {
  const [matrix, exact] = blocks(objective, reduction);
  expect(matrix).toBeAllclose(exact, tolerance);
}

const x = random(4, [N, S, D]);
const y = random(5, [N, S, C]);
const loss = meanSquaredError();

describe("rows in other shapes", () => {
  it("a hidden layer on [N·S, d] has the block of [N, S, d]", () => {
    expectExact({ outputs: () => reshape(net(reshape(x, [N * S, D])), [N, S, C]), loss, targets: y });
  });

  it("outputs as [N·S, C] have the block of [N, S, C]", () => {
    const rows = { outputs: () => reshape(net(x), [N * S, C]), loss, targets: reshape(y, [N * S, C]) };
    expectExact(rows);
    const [flat] = blocks(rows);
    const [whole] = blocks({ outputs: () => net(x), loss, targets: y });
    expect(flat).toBeAllclose(whole, tolerance);
  });

  it("a layer on [N·S, d] before pooling sees S positions of each example", () => {
    const outputs = () => mean(reshape(net(reshape(x, [N * S, D])), [N, S, C]), 1);
    expectExact({ outputs, loss, targets: random(5, [N, C]) }, "reduce");
  });

  it("a layer whose rows belong to no example is refused, by name, with what to do", () => {
    const shared = random(6, [S + 1, D]); // one input for all examples
    const outputs = () => broadcastTo(reshape(slice(net(shared), [[0, S]]), [1, S, C]), [N, S, C]);
    const capture = { inputs: true, outputGrads: "empirical" } as const;
    expect(() => valueAndGrad({ outputs, loss, targets: y }, weights, { capture })).toThrow(
      /w: its rows are not those of the loss.*broadcast an input/s,
    );
  });

  it("the table of positions is exact, as each example reads its own", () => {
    const tables = model(
      {
        token: new Embedding({ count: 5, features: D }),
        position: new Embedding({ count: S, features: D }),
        head: new Dense({ in: D, out: C }),
      },
      (tokens, { token, position, head }) => {
        const places = generate(tokens.shape, { dtype: "int32" }, (i) => i % S);
        return head(sum(add(token(tokens), position(places)), 1));
      },
      { rng: new Rng(0), ...f64 },
    );
    const tokens = tensor(
      Int32Array.from({ length: N * S }, (_, k) => (k * k + k) % 5),
      { shape: [N, S] },
    );
    const outputs = () => tables.forward(tokens, { training: true });
    const objective = { outputs, loss, targets: random(1, [N, C]) };
    const method = kfacCurvature({ labels: "exact", embeddings: true, reduction: "reduce" });
    const { matrix, block } = seenBy(method, objective, parameters(tables), "position");
    expect(matrix).toBeAllclose(exactGgn(objective, parameters(tables), block), tolerance);
  });
});

const ragged = tensor(
  Float64Array.from({ length: N * S }, (_, i) => (i % S <= Math.floor(i / S) % S && i < (N - 1) * S ? 1 : 0)),
  { shape: [N, S] },
);

describe("weights of rows", () => {
  it("a mean over some examples has the block of those alone", () => {
    const mask = tensor(Float64Array.of(1, 0, 1, 1, 0, 0));
    const objective = { outputs: () => net(mean(x, 1)), loss, targets: mean(y, 1), weights: mask };
    expectExact(objective);
    const pick = (t: Tensor) => concat([slice(t, [[0, 1]]), slice(t, [[2, 4]])]);
    const [some] = blocks({ outputs: () => net(pick(mean(x, 1))), loss, targets: pick(mean(y, 1)) });
    expect(blocks(objective)[0]).toBeAllclose(some, tolerance);
  });

  it("fractional weights enter once: K-FAC is exact", () => {
    expectExact({ outputs: () => net(x), loss, targets: y, weights: tensor(Float64Array.of(0.5, 2, 0, 1, 3, 0.25)) });
    expectExact({ outputs: () => net(x), loss, targets: y, weights: mul(ragged, add(random(7, [N, S]), 4)) });
  });

  it("masked positions of sequences of many lengths", () => {
    expectExact({ outputs: () => net(x), loss, targets: y, weights: ragged });
    const labels = tensor(
      Int32Array.from({ length: N * S }, (_, i) => i % C),
      { shape: [N, S] },
    );
    void labels;
  });

  it("a mask of ones changes nothing", () => {
    const plain = blocks({ outputs: () => net(x), loss, targets: y })[0];
    const ones = tensor(new Float64Array(N * S).fill(1), { shape: [N, S] });
    expect(blocks({ outputs: () => net(x), loss, targets: y, weights: ones })[0]).toBeAllclose(plain, tolerance);
  });

  it("of 0 leave no row out that the loss sees through another, as attention mixes positions", () => {
    const mixing = generate([S, S], f64, (i) => 1 / (1 + (i % S) + Math.floor(i / S)));
    const mask = tensor(
      Float64Array.from({ length: N * S }, (_, i) => (i % S === 0 ? 1 : 0)),
      { shape: [N, S] },
    );
    const outputs = () => layer("v", matmul(mixing, layer("w", x, W)), V);
    const capture = { inputs: true, outputGrads: "empirical" } as const;
    const { records } = valueAndGrad({ outputs, loss, targets: y, weights: mask }, weights, { capture });
    const all = reshape(x, [-1, D]);
    const A = (name: string) => records.get(name)!.secondMoment("inputs", reductions.expand, { bias: false });
    expect(A("w")).toBeAllclose(scale(matmul(transpose(all), all), 1 / N), tolerance);
    const heads = reshape(slice(matmul(mixing, linear(x, W, null)), [null, [0, 1]]), [N, D]);
    expect(A("v")).toBeAllclose(scale(matmul(transpose(heads), heads), 1 / N), tolerance); // only they have outputs
  });

  it("tokens that only the model masks, before it pools, are left out by rowWeights", () => {
    const counts = sum(ragged, 1, { keepdims: true });
    const share = mul(
      ragged,
      generate([N, S], f64, (i) => 1 / Math.max(1, counts.dataSync()[Math.floor(i / S)] as number)),
    );
    const pooled = (mask?: Tensor) => sum(mul(net(x, mask), reshape(share, [N, S, 1])), 1);
    const weightsOf = tensor(Float64Array.from({ length: N }, (_, n) => (n < N - 1 ? 1 : 0)));
    const objective = { outputs: () => pooled(ragged), loss, targets: random(5, [N, C]), weights: weightsOf };
    expectExact(objective, "reduce");
  });
});

describe("padding", () => {
  const options = { vocabulary: 12, features: 4, heads: 2, hidden: 6, blocks: 1, classes: 3, length: 16 };
  const tokens = (length: number) =>
    tensor(
      Int32Array.from({ length: 4 * length }, (_, i) =>
        i % length < 4 - (Math.floor(i / length) % 3) ? 1 + ((i * i) % 11) : 0,
      ),
      { shape: [4, length] },
    );
  /** The same sequences, padded to 16. */
  const padded = concat([tokens(4), tensor(new Int32Array(4 * 12), { shape: [4, 12] })], 1);

  /** Gradient and direction of all blocks, after one batch. */
  function stepOn(inputs: Tensor, pool: "mean" | "none", method: ReturnType<typeof kfacCurvature>) {
    const encoder = transformerEncoder({ ...options, pool, paddingToken: 0, rng: new Rng(0), ...f64 });
    const own = parameters(encoder);
    const labels = tensor(Int32Array.of(0, 2, 1, 2));
    const objective = {
      outputs: () => encoder.forward(inputs, { training: true }),
      loss: softmaxCrossEntropy({ ignoreIndex: -100 }),
      targets: pool === "mean" ? labels : labelsOf(inputs),
    };
    const optimizer = new Optimizer({
      name: "once",
      learningRate: 1,
      chain: chain(precondition(method, { damping: 0.03 })),
    });
    const { gradients, records } = valueAndGrad(objective, own, { capture: optimizer.needs(0) });
    const updates = optimizer.update(gradients, { parameters: own, records, step: 0 });
    return { gradients, updates };
  }
  /** A label for each token that depends on the token alone. */
  const labelsOf = (inputs: Tensor) =>
    generate(inputs.shape, { dtype: "int32" }, (i) => {
      const token = inputs.dataSync()[i] as number;
      return token === 0 ? -100 : token % 3;
    });

  it("to four times the length moves no gradient and no direction by more than rounding", () => {
    for (const pool of ["mean", "none"] as const) {
      for (const reduction of ["expand", "reduce"] as const) {
        for (const labels of ["empirical", "exact"] as const) {
          const make = () => kfacCurvature({ labels, reduction, norms: true, embeddings: true });
          const [short, long] = [stepOn(tokens(4), pool, make()), stepOn(padded, pool, make())];
          for (const [name, gradient] of short.gradients) {
            const close = { rtol: 1e-9, atol: 1e-11 };
            expect(long.gradients.get(name)?.dense()).toBeAllclose(gradient.dense(), close);
            expect(long.updates.get(name)?.dense()).toBeAllclose(short.updates.get(name)?.dense() as Tensor, close);
          }
        }
      }
    }
  });
});

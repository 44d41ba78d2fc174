/** `fisher.json`: exact curvature of small nets, EKFAC, and nets on which K-FAC is exact. */

import { type Gradient, type Loss, perExample, reductions, valueAndGrad } from "@kronograd/autograd";
import { meanSquaredError, softmaxCrossEntropy } from "@kronograd/layers";
import { cholesky, choleskySolve, kronecker, toDense } from "@kronograd/linalg";
import { ekfacCurvature, kfacCurvature } from "@kronograd/optimizers";
import { flattened, ggnOperator } from "@kronograd/suites/exact";
import {
  add,
  concat,
  conv2d,
  eye,
  globalAvgPool2d,
  linear,
  matmul,
  reshape,
  scale,
  sum,
  type Tensor,
  transpose,
  zeros,
} from "@kronograd/tensor";
import type { Dictionary, Json } from "./fixture.ts";
import type { CaseRun, Handler, Results } from "./handler.ts";
import { directions } from "./layer-direction.ts";
import { convolutionNet, denseNet, type Net } from "./net.ts";

/** A net with its loss and targets. */
interface Problem {
  readonly net: Net;
  readonly outputs: () => Tensor;
  readonly loss: Loss;
  readonly targets: Tensor;
}

/** The GGN of some blocks as a matrix. */
function ggn({ net, outputs, loss, targets }: Problem, blocks: readonly Gradient["block"][]): Tensor {
  return toDense(ggnOperator(outputs, (y) => loss.value(y, targets), net.parameters, blocks));
}

/** Gradients by layer under the empirical labels, as the blocks of the net. */
function blocksOf({ net, ...objective }: Problem) {
  return [...valueAndGrad(objective, net.parameters, { capture: { layers: true } }).gradients.values()];
}

/** Mean over the batch of the outer products of each example's own gradient, [n, n]. */
function scoreOuterProducts({ net, ...objective }: Problem): Tensor {
  const { records } = valueAndGrad(objective, net.parameters, { capture: { inputs: true, outputGrads: "empirical" } });
  const scores = [...records.values()].map((record) => {
    const { inputs, outputGrads } = perExample(record); // [N, T, in+1], [1, N, T, out]
    const g = reshape(outputGrads, outputGrads.shape.slice(1));
    return reshape(matmul(transpose(g), inputs), [record.examples, -1]); // Σ_t v uᵀ
  });
  const U = concat(scores, 1); // [N, n]
  return scale(matmul(transpose(U), U), 1 / U.shape[0]!);
}

/** (F + λI)⁻¹ g */
function dampedSolve(F: Tensor, damping: number, g: Tensor): Tensor {
  const L = cholesky(add(F, scale(eye(g.size, { device: g.device, dtype: g.dtype }), damping)));
  return reshape(choleskySolve(L, reshape(g, [-1, 1])), [-1]);
}

const fisherCe: Handler = async (run) => {
  const { labels, mc_labels } = run.case.params;
  const net = await denseNet(run, run.case.inputs.params, run.text("act", "identity"));
  const [x, damping] = [run.input("x"), run.number("damping")];
  const outputs = () => net.forward(x);
  const problem: Problem = { net, outputs, loss: softmaxCrossEntropy(), targets: run.indices(labels) };
  const gradients = blocksOf(problem);
  const grad = flattened(gradients);
  const GGN = ggn(
    problem,
    gradients.map(({ block }) => block),
  );
  const empirical = scoreOuterProducts(problem);
  const { net: _, ...objective } = problem;
  const type2 = directions(objective, net.parameters, kfacCurvature({ labels: "exact", decay: 0 }), damping);
  const kfac = directions(objective, net.parameters, kfacCurvature({ decay: 0 }), damping);
  const ekfac = directions(objective, net.parameters, ekfacCurvature({ decay: 0 }), damping);
  const layer = (name: string): Results => {
    const [exact, observed, rotated] = [type2(name)[0]!, kfac(name)[0]!, ekfac(name)[0]!];
    return {
      A: observed.state.A!,
      G_type2: exact.state.G!,
      G_empirical: observed.state.G!,
      ekfac_precond: rotated.direction,
      ekfac_scale_sum: () => sum(rotated.state.S!),
    };
  };
  return {
    ggn: GGN,
    mc: () => scoreOuterProducts({ ...problem, targets: run.indices(mc_labels, "mc_labels") }),
    empirical,
    grad,
    natgrad_ggn: () => dampedSolve(GGN, damping, grad),
    natgrad_empirical: () => dampedSolve(empirical, damping, grad),
    layers: Object.fromEntries(gradients.map(({ block }) => [block.name, layer(block.name)])),
  };
};

/** ½‖f − y‖² of each example, averaged over the batch. Its GGN does not depend on y. */
function halfSquare(net: Net, outputs: () => Tensor): Problem {
  const shape = outputs().shape;
  const like = Object.values(net.parameters)[0]!;
  return {
    net,
    outputs,
    loss: meanSquaredError({ per: "example", factor: 0.5 }),
    targets: zeros(shape, { device: like.device, dtype: like.dtype }),
  };
}

/** A and G of K-FAC with exact labels, of a layer without groups. */
function factors(
  { net, ...objective }: Problem,
  layer: string,
  reduction: "expand" | "reduce",
): { A: Tensor; G: Tensor } {
  const { A, G } = directions(
    objective,
    net.parameters,
    kfacCurvature({ labels: "exact", reduction, decay: 0 }),
    1,
  )(layer)[0]!.state;
  return { A: A!, G: G! };
}

/** Linear layers: A, G and the block of each, and that the block is G ⊗ A. */
async function deepLinear(run: CaseRun): Promise<Results> {
  const net = await denseNet(run, run.case.inputs.params, "identity");
  const x = run.input("x");
  const problem = halfSquare(net, () => net.forward(x));
  const blocks = blocksOf(problem).map(({ block }) => block);
  const expected = run.case.expected.layers as Dictionary;
  run.expected = { layers: withIdentity(expected, "ggn_block") };
  return {
    layers: Object.fromEntries(
      blocks.map((block): [string, Results] => {
        const { A, G } = factors(problem, block.name, "expand");
        return [block.name, { A, G, ggn_block: ggn(problem, [block]), kronecker: toDense(kronecker(G, A)) }];
      }),
    ),
  };
}

/** Where the GGN is expected, G ⊗ A must be it too. */
function withIdentity(layers: Dictionary, name: string): Dictionary {
  const entries = Object.entries(layers) as [string, Dictionary][];
  return Object.fromEntries(entries.map(([layer, values]) => [layer, { ...values, kronecker: values[name] as Json }]));
}

/** A linear convolution whose output is averaged over positions, or not, before a fixed linear map R. */
async function linearConvolution(run: CaseRun, pooled: boolean): Promise<Results> {
  const [x, R] = [run.input("x"), run.input("R")];
  const net = await convolutionNet(run, "W");
  const problem = halfSquare(net, () => {
    const y = net.forward(x);
    return pooled ? linear(globalAvgPool2d(y), R, null) : conv2d(y, reshape(R, [...R.shape, 1, 1]), null);
  });
  const [{ block }] = blocksOf(problem) as [Gradient];
  const { A, G } = factors(problem, block.name, pooled ? "reduce" : "expand");
  const { net: _, ...objective } = problem;
  const { records } = valueAndGrad(objective, net.parameters, { capture: { inputs: true, outputGrads: "exact" } });
  const record = records.get(block.name)!;
  run.expected = { ...run.case.expected, kronecker: run.case.expected.ggn! };
  return {
    ggn: ggn(problem, [block]),
    kronecker: toDense(kronecker(G, A)),
    T: record.positions,
    ...(pooled
      ? { A_mean: A, G_sum: G, G_mean: record.secondMoment("outputGrads", reductions.mean) }
      : { Omega: A, Gamma: G }),
  };
}

/** The nets on which K-FAC is exact; which of them a case is follows from what it holds. */
const kfacExact: Handler = (run) => {
  if ("layers" in run.case.expected) return deepLinear(run);
  return linearConvolution(run, "A_mean" in run.case.expected);
};

export const fisherHandlers: Readonly<Record<string, Handler>> = { fisher_ce: fisherCe, kfac_exact: kfacExact };

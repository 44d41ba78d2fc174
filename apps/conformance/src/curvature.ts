/** `kfac.json`, `skfac.json` and `trajectories.json`: the real methods on real layers. */

import { type Block, denseGradient, layerRecord, type ReductionName, reductions, type Side } from "@kronograd/autograd";
import { woodburySolve } from "@kronograd/linalg";
import { eigh } from "@kronograd/linalg/decompositions";
import {
  blockInfo,
  type CurvatureMethod,
  chain,
  contextByHand,
  directionByHand,
  kfacCurvature,
  klClip,
  learnByHand,
  momentum,
  Optimizer,
  precondition,
  type StateTree,
  skfacCurvature,
  type Transform,
  type Updates,
  weightDecay,
} from "@kronograd/optimizers";
import { copy, div, dot, eye, mul, reshape, scale, slice, type Tensor, transpose, zeros } from "@kronograd/tensor";
import type { HostArray } from "@kronograd/testkit";
import type { Dictionary } from "./fixture.ts";
import { type CaseRun, type Handler, type Results, refuseOthers } from "./handler.ts";
import { directions, netObjective } from "./layer-direction.ts";
import { namedNet } from "./net.ts";
import { trajectory } from "./training.ts";

const names: Readonly<Record<string, ReductionName>> = {
  mean: "mean",
  sum: "sum",
  reduce: "reduce",
  expand: "expand",
  subsample: "subsample",
  subsample_mean: "subsampleMean",
  rf: "receptiveField",
  rf_mean: "receptiveFieldMean",
};

function reductionOf(run: CaseRun, name: string): ReductionName {
  const found = names[run.text(name)];
  if (found === undefined) throw run.lacks(`parameter "${name}"`, Object.keys(names).join(", "), run.case.params[name]);
  return found;
}

/** "hom": the bias is in the factor; "plain": it keeps its own gradient. */
const biasOf = (run: CaseRun): "joint" | "separate" => (run.text("bias") === "plain" ? "separate" : "joint");

/** λmax / λmin of a symmetric positive definite matrix. */
function condition(M: Tensor): Tensor {
  const { values } = eigh(M);
  const n = values.size;
  return reshape(div(slice(values, [[n - 1, n]]), slice(values, [[0, 1]])), []);
}

const kfacLayer: Handler = async (run) => {
  const { net, objective } = await netObjective(run, run.text("net"));
  const method = kfacCurvature({ reduction: reductionOf(run, "sharing") as "expand" | "reduce", decay: 0 });
  const groups = directions(objective, net.parameters, method, run.number("damping"))(run.text("layer"));
  const perGroup = groups.map(({ gradient, direction, state: { A, G, pi, inverses } }) => ({
    A: A!,
    G: G!,
    pi,
    A_inv: inverses!.A,
    G_inv: inverses!.G,
    cond: () => mul(condition(inverses!.A), condition(inverses!.G)),
    precond: direction,
    nat_dot: () => dot(direction, gradient),
  }));
  return balanced(run, perGroup);
};

/**
 * Where output gradients cancel exactly (the keys of attention, summed over positions), tr G is the square of rounding errors
 * and π a quotient by it: any implementation gets its own. What is determined then is A_inv · π and G_inv / π, so these are
 * compared.
 */
function balanced(run: CaseRun, perGroup: readonly Results[]): Results {
  const expected = run.case.expected.per_group as readonly Dictionary[];
  const free = (group: Dictionary) => typeof group.pi === "number" && group.pi > 1e12;
  const scaled = (array: HostArray, factor: number): HostArray => ({
    shape: array.shape,
    data: Array.from(array.data, (x) => x * factor),
  });
  run.expected = {
    per_group: expected.map((group): Dictionary => {
      if (!free(group)) return group;
      const { pi, A_inv, G_inv, ...rest } = group as Dictionary & { pi: number; A_inv?: HostArray; G_inv?: HostArray };
      return {
        ...rest,
        ...(A_inv === undefined ? {} : { A_inv: scaled(A_inv, pi) }),
        ...(G_inv === undefined ? {} : { G_inv: scaled(G_inv, 1 / pi) }),
      };
    }),
  };
  return {
    per_group: perGroup.map((group, k) => {
      if (!free(expected[k] ?? {})) return group;
      const { pi, A_inv, G_inv } = group as { pi: number | Tensor; A_inv: Tensor; G_inv: Tensor };
      const isNumber = typeof pi === "number"; // where the device is not asked for it, π stays a tensor
      return {
        ...group,
        A_inv: isNumber ? scale(A_inv, pi) : mul(A_inv, pi),
        G_inv: isNumber ? scale(G_inv, 1 / pi) : div(G_inv, pi),
      };
    }),
  };
}

const skfacLayer: Handler = async (run) => {
  const { net, objective } = await netObjective(run, run.text("net"));
  const damping = run.number("damping");
  const name = reductionOf(run, "reduction");
  const reduction = reductions[name];
  const [bias, stride] = [biasOf(run), run.number("subsample_stride", 2)];
  const method = skfacCurvature({ reduction: name, rank: null, bias, stride, pi: false });
  const groups = directions(objective, net.parameters, method, damping)(run.text("layer"));
  const expected = run.case.expected.per_group as readonly Dictionary[];
  // The step may go through the batch's factors (push-through); the same state must do as much with the gradient itself.
  run.expected = {
    per_group: expected.map((group) => ({
      ...group,
      ...("precond" in group ? { precond_of_dense: group.precond! } : {}),
    })),
  };
  return {
    per_group: groups.map(({ gradient, direction, record, state }) => {
      const columns = (side: Side) =>
        transpose(record.rows(side, reduction, { bias: bias === "joint" && record.hasBias, stride }));
      const [inputs, outputGrads] = [columns("inputs"), columns("outputGrads")];
      const inverse = (X: Tensor) => woodburySolve(X, Math.sqrt(damping), eye(X.shape[0]!, run.placement));
      const block = blockOf("layer", gradient.shape);
      return {
        cols_A: inputs.shape[1]!,
        cols_G: outputGrads.shape[1]!,
        A_inv: () => inverse(inputs),
        G_inv: () => inverse(outputGrads),
        precond: direction,
        precond_of_dense: () => dense(method, state, block, gradient, damping),
      };
    }),
  };
};

function dense<S>(
  method: CurvatureMethod<S & never> | CurvatureMethod,
  state: unknown,
  block: Block,
  gradient: Tensor,
  damping: number,
): Tensor {
  const context = contextByHand(damping, 0);
  const direction = directionByHand(
    method as CurvatureMethod,
    state as StateTree,
    denseGradient(block, gradient),
    context,
  );
  return "block" in direction ? direction.dense() : direction;
}

function blockOf(name: string, shape: readonly number[]): Block {
  return { name, parameters: [name], shapes: [shape], shape, isLayer: true, hasBias: false, groups: 1 };
}

/** Running averages of E[a aᵀ] over batches of rows. */
const ema: Handler = (run) => {
  const { batches } = run.case.inputs;
  if (!Array.isArray(batches)) throw run.lacks("batches", "a list of tensors", batches);
  const averages = (start: "first" | "martens") => () => {
    const method = kfacCurvature({ decay: run.number("decay"), start, bias: "separate" });
    const context = contextByHand(1);
    const first = run.tensor(batches[0] as HostArray);
    let state = method.init(blockInfo(blockOf("layer", [1, first.shape[1]!])), context);
    return (batches as HostArray[]).map((batch) => {
      const input = run.tensor(batch);
      const outputGrads = [zeros([input.shape[0]!, 1], run.placement)];
      const record = layerRecord({
        name: "layer",
        geometry: { kind: "dense" },
        hasBias: false,
        labels: "empirical",
        uses: [{ input, outputGrads }],
      });
      state = learnByHand(method, state, record, context);
      return copy(state.A!); // averages move in place
    });
  };
  return { first: averages("first"), martens: averages("martens") };
};

/** The clip's coefficient for a given direction and gradient. */
const clip: Handler = (run) => {
  const [direction, gradient] = [run.input("precond"), run.input("grad")];
  const block = blockOf("layer", gradient.shape);
  const as = (t: Tensor): Updates => new Map([[block.name, denseGradient(block, t)]]);
  const given: Transform = { name: "given", init: () => null, update: () => ({ updates: as(direction), state: null }) };
  const optimizer = new Optimizer({
    name: "clip",
    learningRate: run.number("lr"),
    chain: chain(given, klClip(run.number("kl"))),
  });
  let nu: Tensor | number = Number.NaN;
  optimizer.update(as(gradient), {
    parameters: {},
    step: 0,
    report: (name, value) => {
      if (name === "klClip") nu = value;
    },
  });
  return { nu };
};

const trajectoryParams = [
  "net",
  "method",
  "lr",
  "momentum",
  "nesterov",
  "damping",
  "weight_decay",
  "refresh_every",
  "bias",
  "ema_decay",
  "ema_start",
  "kl_clip",
  "reduction",
  "steps",
  "subsample_stride",
];

const curvatureTrajectory: Handler = async (run) => {
  const { params } = run.case;
  refuseOthers(run, params, trajectoryParams);
  const name = run.text("net");
  const data = run.neighbour(
    `data of net "${name}"`,
    (fixture) => fixture.op === "data" && fixture.params.net === name,
  );
  const [decay, reduction, bias] = [run.number("ema_decay", 0), reductionOf(run, "reduction"), biasOf(run)];
  const start = run.text("ema_start", "first") as "first" | "martens";
  const method =
    run.text("method") === "kfac"
      ? kfacCurvature({ reduction: reduction as "expand" | "reduce", bias, decay, start })
      : skfacCurvature({
          reduction,
          bias,
          pi: false,
          stride: run.number("subsample_stride", 2),
          ...(decay === 0 ? { rank: null } : { rank: 2 ** 20, decay, start }),
        });
  const [limit, amount, beta] = [run.number("kl_clip", 0), run.number("weight_decay", 0), run.number("momentum", 0)];
  const optimizer = new Optimizer({
    name: method.name,
    learningRate: run.number("lr"),
    chain: chain(
      precondition(method as CurvatureMethod, {
        damping: run.number("damping"),
        refreshEvery: run.number("refresh_every", 1),
      }),
      ...(limit > 0 ? [klClip(limit)] : []),
      ...(amount > 0 ? [weightDecay(amount)] : []),
      ...(beta > 0 ? [momentum({ decay: beta, nesterov: run.flag("nesterov", false) })] : []),
    ),
  });
  return trajectory(run, {
    net: await namedNet(run, name),
    optimizer,
    ...run.dataOf(data),
    steps: run.number("steps"),
  });
};

export const curvatureHandlers: Readonly<Record<string, Handler>> = {
  kfac_layer: kfacLayer,
  skfac_layer: skfacLayer,
  ema,
  kl_clip: clip,
  curvature_trajectory: curvatureTrajectory,
};

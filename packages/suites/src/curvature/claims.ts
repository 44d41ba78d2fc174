/**
 * The claims of `CurvatureMethod.claims` as statements. Write P_λ for the map from a gradient V [out, in(+1)] to its
 * direction after one batch, with damping λ.
 *
 * | claim | statement |
 * | --- | --- |
 * | spd | P is symmetric and positive definite on vec(V) |
 * | linear | P(aV + bW) = a P(V) + b P(W) |
 * | dampingLimit | λ P_λ(V) → V as λ → ∞ |
 * | basisInvariant | with inputs Qu and output gradients Rv (Q, R orthogonal), P(R V Qᵀ) = R P(V) Qᵀ |
 * | equalsDenseBlock | where inputs and output gradients are independent, so that E[vvᵀ ⊗ uuᵀ] = E[vvᵀ] ⊗ E[uuᵀ], P_λ(V) tends to the dense solve as λ → 0; with two places or uses of the weight in one of the two nets of scenes.ts |
 * | batchInvariant | P does not change when the batch is permuted or repeated |
 * | lossScale | P of output gradients sv with damping s^−d λ is s^d P, d the method's degree: −2, −1 or 0 |
 */

import { denseGradient } from "@kronograd/autograd";
import { cholesky, choleskySolve } from "@kronograd/linalg";
import { eigh } from "@kronograd/linalg/decompositions";
import type { Claim } from "@kronograd/optimizers";
import {
  add,
  concat,
  eye,
  frobenius2,
  gather,
  matmul,
  normal,
  pad,
  permutation,
  Rng,
  reshape,
  scale,
  scope,
  stack,
  type Tensor,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { must, mustEqual } from "../must.ts";
import {
  type AnyMethod,
  blockOf,
  directionOf,
  hasBias,
  preconditioner,
  type Rows,
  randomBlock,
  randomRows,
  type Size,
  stateAfter,
} from "./bench.ts";
import { denseScene, type Scene, sharedScene, vectorScene } from "./scenes.ts";
import type { Statement } from "./statement.ts";

/** Rounding of solves with condition numbers up to 1e6. */
const exact = 1e-8;
/** Damping enters at the order of √λ: 1e-8 and 1e6 below, on factors of size one with eigenvalues above 0.05. */
const limit = 1e-4;

const tall: Size = { in: 4, out: 3 };
const square: Size = { in: 3, out: 4 }; // with the bias the block is 4 × 4, and a transposed apply would fit
const sizes = [tall, square];
const examples = 9;
const damping = 0.1;

const forSizes = (f: (size: Size, rng: Rng) => void): void => {
  sizes.forEach((size, i) => {
    scope(() => f(size, new Rng(7).fork(i)));
  });
};

const proofs: Readonly<Record<Claim, { says: string; prove(method: AnyMethod): void }>> = {
  spd: {
    says: "its preconditioner is symmetric and positive definite",
    prove: (method) =>
      forSizes((size, rng) => {
        for (const count of [1, 3, examples, 40]) {
          const P = matrixOf(preconditioner(method, randomRows(count, size, rng), damping), method, size);
          mustEqual(`P against its transpose, ${count} examples`, P, transpose(P), exact);
          const smallest = Math.min(...eigh(P, { symmetry: 1e-6 }).values.dataSync());
          must(`the smallest eigenvalue of P is ${smallest}, ${count} examples`, smallest > 0);
        }
      }),
  },
  linear: {
    says: "its direction is linear in the gradient",
    prove: (method) =>
      forSizes((size, rng) => {
        const P = preconditioner(method, randomRows(examples, size, rng), damping);
        const [V, W] = [randomBlock(method, size, rng), randomBlock(method, size, rng)];
        mustEqual("P(2V − 3W)", P(add(scale(V, 2), scale(W, -3))), add(scale(P(V), 2), scale(P(W), -3)), exact);
      }),
  },
  dampingLimit: {
    says: "λ times its direction tends to the gradient as λ grows",
    prove: (method) =>
      forSizes((size, rng) => {
        const lambda = 1e12;
        const V = randomBlock(method, size, rng);
        mustEqual(
          "λ P(V), λ = 1e12",
          scale(preconditioner(method, randomRows(examples, size, rng), lambda)(V), lambda),
          V,
          limit,
        );
        if (!method.needs.norms) return;
        const { block, record } = vectorScene(method, size.out, rng);
        const v = normal(rng, block.shape, { dtype: "float64" });
        const state = stateAfter(method, block, record, lambda);
        const direction = directionOf(method, state, denseGradient(block, v), lambda);
        mustEqual("λ P(V) of a norm, λ = 1e12", scale(direction, lambda), v, limit);
      }),
  },
  basisInvariant: {
    says: "it commutes with orthogonal changes of basis of inputs and outputs",
    prove: (method) =>
      forSizes((size, rng) => {
        const rows = randomRows(examples, size, rng);
        const [Q, R] = [orthogonal(size.in, rng), orthogonal(size.out, rng)];
        const joint = hasBias(method) ? withOne(Q) : Q; // the bias coordinate stays where it is
        const turned = {
          inputs: matmul(rows.inputs, transpose(Q)),
          outputGrads: matmul(rows.outputGrads, transpose(R)),
        };
        const turn = (V: Tensor) => matmul(R, matmul(V, transpose(joint)));
        const V = randomBlock(method, size, rng);
        mustEqual(
          "P(R V Qᵀ) in the turned basis",
          preconditioner(method, turned, damping)(turn(V)),
          turn(preconditioner(method, rows, damping)(V)),
          exact,
        );
      }),
  },
  equalsDenseBlock: {
    says: "it is the inverse of the exact block where inputs and output gradients are independent",
    prove: (method) =>
      forSizes((size, rng) => {
        mustInvert(method, denseScene(method, size, rng), rng, "of a dense layer");
        for (const net of ["places", "uses"] as const) {
          const reasons = (["each", "pooled"] as const).flatMap((loss) =>
            reasonOf(() => mustInvert(method, sharedScene(method, size, [loss, net], rng), rng, `${loss}, ${net}`)),
          );
          must(
            `with two ${net} of a weight, neither as terms of the loss nor pooled: ${reasons.join("; ")}`,
            reasons.length < 2,
          );
        }
        if (method.needs.norms) mustInvert(method, vectorScene(method, size.out, rng), rng, "of a norm");
      }),
  },
  batchInvariant: {
    says: "it does not change when the batch is permuted or repeated",
    prove: (method) =>
      forSizes((size, rng) => {
        const rows = randomRows(examples, size, rng);
        const V = randomBlock(method, size, rng);
        const want = preconditioner(method, rows, damping)(V);
        const order = tensor(permutation(rng, examples));
        mustEqual(
          "permuted",
          preconditioner(
            method,
            mapRows(rows, (t) => gather(t, order)),
            damping,
          )(V),
          want,
          exact,
        );
        mustEqual(
          "repeated three times",
          preconditioner(
            method,
            mapRows(rows, (t) => concat([t, t, t], 0)),
            damping,
          )(V),
          want,
          exact,
        );
      }),
  },
  lossScale: {
    says: "scaling the loss by s and λ by s^−degree multiplies its inverse by s^degree",
    prove: (method) =>
      forSizes((size, rng) => {
        const degree = method.degree ?? -2;
        const rows = randomRows(examples, size, rng);
        const V = randomBlock(method, size, rng);
        const s = 8;
        const scaled = { ...rows, outputGrads: scale(rows.outputGrads, s) };
        mustEqual(
          `P(V) / s^${degree}`,
          scale(preconditioner(method, scaled, s ** -degree * damping)(V), s ** -degree),
          preconditioner(method, rows, damping)(V),
          exact,
        );
      }),
  },
};

/** Every claim of the contract as a statement. */
export const claimStatements: readonly Statement[] = Object.entries(proofs).map(([claim, proof]) => ({
  claim: claim as Claim,
  ...proof,
}));

const mapRows = (rows: Rows, f: (t: Tensor) => Tensor): Rows => ({
  inputs: f(rows.inputs),
  outputGrads: f(rows.outputGrads),
});

/** The matrix of a map on vec(V), column by column: [out·in, out·in]. */
function matrixOf(P: (V: Tensor) => Tensor, method: AnyMethod, size: Size): Tensor {
  const { shape } = blockOf(method, size);
  const n = shape[0]! * shape[1]!;
  const units = eye(n, { dtype: "float64" });
  return stack(
    Array.from({ length: n }, (_, k) => reshape(P(reshape(gather(units, tensor(Int32Array.of(k))), shape)), [-1])),
    1,
  );
}

/** A random orthogonal matrix: eigenvectors of a random symmetric one. */
function orthogonal(n: number, rng: Rng): Tensor {
  const M = normal(rng, [n, n], { dtype: "float64" });
  return eigh(add(M, transpose(M))).vectors;
}

/** diag(Q, 1) */
function withOne(Q: Tensor): Tensor {
  const n = Q.shape[0]!;
  const corner = tensor([[1]], { dtype: "float64" });
  return add(pad(Q, [[0, 1], [0, 1]]), pad(corner, [[n, 0], [n, 0]])); // biome-ignore format: two matrices
}

/** P(V) of a scene, with almost no damping, against the solve with its exact block; their directions alone where no method sees G. */
function mustInvert(method: AnyMethod, { block, record, scores, examples }: Scene, rng: Rng, what: string): void {
  const V = normal(rng, block.shape, { dtype: "float64" });
  const state = stateAfter(method, block, record, 1e-16);
  const got = directionOf(method, state, denseGradient(block, V), 1e-16);
  const exactBlock = scale(matmul(transpose(scores), scores), 1 / examples);
  const want = reshape(choleskySolve(cholesky(exactBlock), reshape(V, [-1, 1])), block.shape);
  const unit = (t: Tensor): Tensor => (method.needs.outputGrads === undefined ? scale(t, 1 / norm(t)) : t);
  mustEqual(`P(V) ${what}, λ = 1e-16, against the dense solve`, unit(got), unit(want), limit);
}

const norm = (t: Tensor): number => Math.sqrt(frobenius2(t).itemSync());

/** Why a check fails, if it does. */
function reasonOf(check: () => void): string[] {
  try {
    check();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/**
 * Linear regression with a chosen condition number and a known optimum: what separates methods that see curvature from
 * those that do not.
 *
 *     X = √N · U diag(s) Vᵀ     Y = X Wᵀ + b + √N · noise · R
 *
 * X [N, d] training inputs · U [N, d] orthonormal columns, each orthogonal to the vector of ones · V [d, d] orthogonal ·
 * s [d] with s² falling geometrically from 1 to 1/κ · R [N, out] unit columns orthogonal to U and to ones
 *
 * Then XᵀX/N = V diag(s²) Vᵀ has the condition number κ, with a column of ones for the bias too; the residual is orthogonal
 * to every column, so (W, b) is the least-squares solution of the training rows and leaves noise² for each output.
 */

import { UsageError } from "@kronograd/tensor";
import type { Column } from "../column.ts";
import { type Dataset, defineDataset } from "../dataset.ts";
import { checkCount, checkNumber, type SyntheticOptions, sourceOf, streams } from "./generate.ts";
import { orthonormal } from "./orthonormal.ts";

/** Settings of `illConditionedRegression`. */
export interface IllConditionedOptions extends SyntheticOptions {
  /** Features of an input. Default 20. */
  readonly inputs?: number;
  /** Numbers to predict. Default 1. */
  readonly outputs?: number;
  /** κ, the largest eigenvalue of XᵀX/N over the smallest. Default 1e4. */
  readonly conditionNumber?: number;
  /** Standard deviation of the residual that the optimum leaves. Default 0. */
  readonly noise?: number;
}

/** The least-squares solution of the training rows. */
export interface LinearOptimum {
  /** [out, in], row-major. */
  readonly weight: Float64Array;
  /** [out] */
  readonly bias: Float64Array;
  /** The mean squared error that it leaves on the training rows: over rows and outputs. */
  readonly loss: number;
}

/** A regression set with its optimum. */
export interface IllConditionedRegression extends Dataset<Column, Column> {
  readonly optimum: LinearOptimum;
  /** The eigenvalues of XᵀX/N of the training inputs, falling from 1 to 1/κ. */
  readonly eigenvalues: Float64Array;
}

/**
 * Make a linear regression whose training rows have exactly (but for rounding) the condition number and optimum given.
 * Test rows are independent normal draws of the same covariance with noise of the same deviation.
 *
 * @throws {UsageError}  a setting out of its range, or too few training rows: inputs + outputs + 1 are needed
 * @source derived here: the file's head
 * @example
 * illConditionedRegression({ rng: new Rng(0), inputs: 8, conditionNumber: 1e6 }).optimum.loss;   // 0
 */
export function illConditionedRegression(options: IllConditionedOptions): IllConditionedRegression {
  const { rng, inputs = 20, outputs = 1, conditionNumber = 1e4, noise = 0, train = 1000, test = 1000 } = options;
  const name = "illConditionedRegression";
  for (const [setting, value] of Object.entries({ outputs, train, test })) checkCount(name, setting, value);
  checkCount(name, "inputs", inputs, 2);
  checkNumber(name, "conditionNumber", conditionNumber, 1);
  checkNumber(name, "noise", noise, 0);
  if (train < inputs + outputs + 1) {
    const expected = `train ≥ ${inputs + outputs + 1} (inputs + outputs + 1)`;
    throw new UsageError({ where: name, problem: "too few training rows", expected, got: train });
  }
  const own = streams(name, rng);
  const V = orthonormal(own.fixed, inputs, inputs); // d columns [d]
  const s = Float64Array.from({ length: inputs }, (_, k) => conditionNumber ** (-k / (2 * (inputs - 1))));
  const weight = Float64Array.from({ length: outputs * inputs }, () => own.fixed.normal());
  const bias = Float64Array.from({ length: outputs }, () => own.fixed.normal());

  const ones = new Float64Array(train).fill(1 / Math.sqrt(train));
  const basis = orthonormal(own.train, train, inputs + outputs, [ones]); // U, then R: columns [N]
  const scale = Math.sqrt(train);
  const assemble = (
    count: number,
    u: (row: number, k: number) => number,
    residual: (row: number, out: number) => number,
  ) => {
    const x = new Float64Array(count * inputs);
    const y = new Float64Array(count * outputs);
    for (let row = 0; row < count; row++) {
      const xRow = x.subarray(row * inputs, (row + 1) * inputs);
      for (let k = 0; k < inputs; k++) {
        const along = u(row, k) * s[k]!;
        for (let j = 0; j < inputs; j++) xRow[j]! += along * V[k]![j]!;
      }
      for (let out = 0; out < outputs; out++) {
        const linear = xRow.reduce((sum, value, j) => sum + weight[out * inputs + j]! * value, bias[out]!);
        y[row * outputs + out] = linear + noise * residual(row, out);
      }
    }
    return { inputs: x, targets: y };
  };
  const dataset = defineDataset({
    name,
    task: "regression",
    inputShape: [inputs],
    targetShape: [outputs],
    train: assemble(
      train,
      (row, k) => scale * basis[k]![row]!,
      (row, out) => scale * basis[inputs + out]![row]!,
    ),
    test: assemble(
      test,
      () => own.test.normal(),
      () => own.test.normal(),
    ),
    source: sourceOf(name, rng, { inputs, outputs, conditionNumber, noise, train, test }),
  });
  return { ...dataset, optimum: { weight, bias, loss: noise ** 2 }, eigenvalues: s.map((value) => value * value) };
}

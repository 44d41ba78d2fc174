/**
 * Gradients against finite differences.
 *
 * φ(x) = Σ ⟨u, f(x)⟩ for random constants u. First order: ⟨∇φ, d⟩ = dφ(x + t d)/dt along random directions d, and
 * ⟨u, J d⟩ = ⟨d, Jᵀu⟩ with J d from `jvp`. Second order: ψ(x, u) = Σ ⟨w, ∇φ⟩ is itself differentiated, in x and in u, and
 * checked the same way, so every term of a VJP's own gradient is seen.
 *
 * Differences have five points: with step h = 1e-4 their truncation h⁴ f⁽⁵⁾/30 is about 1e-11 even for f⁽⁵⁾ of 1e6 (1/x near
 * 0.2), and rounding ε|φ|/h is 2e-12; 1e-7 of |φ| + |∇φ||d| leaves room for both, and no wrong term is that small.
 */

import { grad, jvp } from "@kronograd/autograd";
import { add, mul, Rng, scope, sum, type Tensor, tensor, UsageError, write } from "@kronograd/tensor";

const step = 1e-4;
const defaultTolerance = 1e-7;

/** A function of tensors, with one result or several; integer results carry no gradient. */
export type Differentiable = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/** What is checked, and how closely. */
export interface GradientCheckOptions {
  /** Check gradients (1), or gradients of gradients too (2). Default 1. */
  readonly order?: 1 | 2;
  /** Draws directions; default seed 0. */
  readonly rng?: Rng;
  /** Which inputs to differentiate by; default: all that are not int32. */
  readonly wrt?: readonly number[];
  /** Relative to |φ| + |∇φ| |d|; default 1e-7. */
  readonly tolerance?: number;
  /** Move the inputs by writing into them, for a function that reads them from elsewhere: a layer with its parameters. */
  readonly inPlace?: boolean;
}

/** One comparison of a derivative with what it should be. */
export interface GradientReport {
  readonly what: string;
  readonly got: number;
  readonly want: number;
  readonly allowed: number;
  readonly pass: boolean;
}

/**
 * Check the derivatives of a function at a point.
 *
 * @throws {Error} one is wrong; the message lists every comparison
 * @example
 * checkGradients((x) => mul(x, x), [tensor([1, 2], { dtype: "float64" })], { order: 2 });
 */
export function checkGradients(f: Differentiable, inputs: readonly Tensor[], options: GradientCheckOptions = {}): void {
  const reports = gradientReports(f, inputs, options);
  if (reports.every(({ pass }) => pass)) return;
  const lines = reports.map(
    ({ what, got, want, allowed, pass }) =>
      `  ${pass ? "ok   " : "WRONG"} ${what}: ${got} against ${want} (allowed ${allowed.toExponential(1)})`,
  );
  throw new Error(`gradients disagree with finite differences\n${lines.join("\n")}`);
}

/** The comparisons behind `checkGradients`. @throws {UsageError} an input is float32: differences need float64 */
export function gradientReports(
  f: Differentiable,
  inputs: readonly Tensor[],
  options: GradientCheckOptions = {},
): GradientReport[] {
  const { order = 1, rng = new Rng(0), tolerance = defaultTolerance } = options;
  if (inputs.some((t) => t.dtype === "float32")) {
    throw new UsageError({
      where: "checkGradients",
      problem: "an input is float32",
      expected: "float64 or int32",
      help: "Differences in float32 are too rough to check a gradient.",
    });
  }
  const wrt = options.wrt ?? inputs.flatMap((t, i) => (t.dtype === "int32" ? [] : [i]));
  return scope(() => {
    const problem = new Problem(f, inputs, wrt, rng, options.inPlace ?? false);
    const reports = [problem.firstOrder(tolerance), ...problem.forward(tolerance)];
    if (order === 2) reports.push(problem.secondOrder(tolerance));
    return reports;
  });
}

type Vectors = readonly Float64Array[];

class Problem {
  readonly #f: Differentiable;
  readonly #inputs: readonly Tensor[];
  readonly #wrt: readonly number[];
  readonly #rng: Rng;
  readonly #inPlace: boolean;
  /** Constants u, one for each float result. */
  readonly #weights: readonly Tensor[];
  readonly #points: readonly Tensor[];
  readonly #direction: Vectors;

  constructor(f: Differentiable, inputs: readonly Tensor[], wrt: readonly number[], rng: Rng, inPlace: boolean) {
    this.#f = f;
    this.#inputs = inputs;
    this.#wrt = wrt;
    this.#rng = rng;
    this.#inPlace = inPlace;
    this.#points = wrt.map((i) => inputs[i]!);
    this.#weights = floats(f(...inputs)).map((y) => vectorLike(y, this.#random(y.size)));
    this.#direction = this.#points.map((x) => this.#random(x.size));
  }

  /** ⟨∇φ, d⟩ against the derivative of φ along d. */
  firstOrder(tolerance: number): GradientReport {
    const gradient = hosts(grad(() => this.#phi(this.#inputs, this.#weights), this.#points));
    const results = hosts(floats(this.#f(...this.#inputs)));
    const along = (t: number) =>
      this.#movedBy(t, (inputs) => dot(hosts(floats(this.#f(...inputs))), hosts(this.#weights)));
    const size = absDot(gradient, this.#direction) + absDot(results, hosts(this.#weights));
    return report("first order ⟨∇φ, d⟩", dot(gradient, this.#direction), difference(along), tolerance * size);
  }

  /** ⟨u, J d⟩ against ⟨d, Jᵀu⟩, where there is one result. */
  forward(tolerance: number): GradientReport[] {
    if (this.#weights.length !== 1 || this.#points.length === 0) return [];
    const result = () => floats(this.#f(...this.#inputs))[0] as Tensor;
    const { tangent } = jvp(
      result,
      this.#points,
      this.#points.map((x, i) => vectorLike(x, this.#direction[i]!)),
    );
    const pushed = dot(hosts([tangent]), hosts(this.#weights));
    const gradient = hosts(grad(() => this.#phi(this.#inputs, this.#weights), this.#points));
    const size = absDot(gradient, this.#direction) + absDot(hosts([tangent]), hosts(this.#weights));
    // Both sides are exact up to rounding.
    return [report("forward ⟨u, J d⟩", pushed, dot(gradient, this.#direction), 1e-4 * tolerance * size)];
  }

  /** The gradient of ψ(x, u) = Σ ⟨w, ∇φ⟩ against its derivative along a direction of both. */
  secondOrder(tolerance: number): GradientReport {
    const probes = this.#points.map((x) => vectorLike(x, this.#random(x.size)));
    const weightDirection = this.#weights.map((u) => this.#random(u.size));
    const psi = () =>
      pairing(
        grad(() => this.#phi(this.#inputs, this.#weights), this.#points),
        probes,
      );
    const gradient = hosts(grad(psi, [...this.#points, ...this.#weights]));
    const direction = [...this.#direction, ...weightDirection];
    const along = (t: number) =>
      this.#movedBy(t, (inputs) => {
        const weights = this.#weights.map((u, i) => shifted(u, t, weightDirection[i]!));
        const points = this.#wrt.map((i) => inputs[i]!);
        return dot(hosts(grad(() => this.#phi(inputs, weights), points)), hosts(probes));
      });
    const first = hosts(grad(() => this.#phi(this.#inputs, this.#weights), this.#points));
    const size = absDot(gradient, direction) + absDot(first, hosts(probes));
    return report("second order ⟨∇ψ, d⟩", dot(gradient, direction), difference(along), tolerance * size);
  }

  #phi(inputs: readonly Tensor[], weights: readonly Tensor[]): Tensor {
    return pairing(floats(this.#f(...inputs)), weights);
  }

  /** Evaluate at x + t d, in contiguous inputs: layouts of the point itself are thereby checked against plain ones. */
  #movedBy(t: number, evaluate: (inputs: readonly Tensor[]) => number): number {
    const moved = [...this.#inputs];
    this.#wrt.forEach((i, k) => {
      moved[i] = shifted(this.#inputs[i]!, t, this.#direction[k]!);
    });
    if (!this.#inPlace) return evaluate(moved);
    const home = hosts(this.#points);
    this.#wrt.forEach((i, k) => {
      write(this.#points[k]!, moved[i]!.dataSync());
    });
    const value = evaluate(this.#inputs);
    this.#points.forEach((point, k) => {
      write(point, home[k]!);
    });
    return value;
  }

  /** Uniform in ±1: with step h an input moves by 2h at most, and does not reach a kink. */
  #random(size: number): Float64Array {
    return Float64Array.from({ length: size }, () => 2 * this.#rng.uniform() - 1);
  }
}

/** Σ_k ⟨a_k, b_k⟩ by public ops. */
function pairing(a: readonly Tensor[], b: readonly Tensor[]): Tensor {
  return a.map((x, i) => sum(mul(x, b[i]!))).reduce((total, next) => add(total, next));
}

/** Derivative at 0 of a function of one number, from five points. */
function difference(along: (t: number) => number): number {
  const [a, b, c, d] = [along(-2 * step), along(-step), along(step), along(2 * step)] as const;
  return (a - 8 * b + 8 * c - d) / (12 * step);
}

const floats = (results: Tensor | readonly Tensor[]): Tensor[] =>
  (Array.isArray(results) ? [...results] : [results as Tensor]).filter((t) => t.dtype !== "int32");

const hosts = (tensors: readonly Tensor[]): Float64Array[] => tensors.map((t) => t.dataSync() as Float64Array);

function vectorLike(t: Tensor, values: Float64Array): Tensor {
  return tensor(values, { shape: t.shape, device: t.device });
}

function shifted(t: Tensor, amount: number, direction: Float64Array): Tensor {
  const values = t.dataSync() as Float64Array;
  return vectorLike(
    t,
    values.map((x, i) => x + amount * direction[i]!),
  );
}

function dot(a: Vectors, b: Vectors): number {
  return a.reduce((total, x, k) => total + x.reduce((sum, value, i) => sum + value * b[k]![i]!, 0), 0);
}

function absDot(a: Vectors, b: Vectors): number {
  return a.reduce((total, x, k) => total + x.reduce((sum, value, i) => sum + Math.abs(value * b[k]![i]!), 0), 0);
}

function report(what: string, got: number, want: number, allowed: number): GradientReport {
  return { what, got, want, allowed, pass: Math.abs(got - want) <= allowed };
}

/** Root-mean-square normalization: each example divided by its own size, y = γ ∘ x / √(mean(x²) + ε). */

import {
  heldTensors,
  mean,
  mul,
  ones,
  reciprocal,
  type Shape,
  ShapeError,
  sameShape,
  shift,
  sqrt,
  square,
  type Tensor,
} from "@kronograd/tensor";
import type { InitContext, Layer, ParameterRole } from "../layer.ts";
import { checkSizes, notInitialized } from "../parts/checks.ts";
import { recordAffine } from "../parts/linear-init.ts";

/** Options of root-mean-square normalization. */
export interface RmsNormOptions {
  /** The trailing axes to normalize over; a number stands for the last axis. */
  readonly shape: number | Shape;
  /** Added to the mean square; default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Divide each position by the root of its mean square over trailing axes: x [N, …, ...shape] → the same shape.
 *
 * It is layer normalization that neither subtracts the mean nor adds a shift.
 *
 * @throws {ShapeError} in the forward pass: x does not end in `shape`
 * @source Zhang & Sennrich (2019), "Root Mean Square Layer Normalization", eq. 4
 * @example
 * new RmsNorm({ shape: 64 });
 */
export class RmsNorm implements Layer {
  readonly kind = "norm";
  readonly options: RmsNormOptions;
  /** Full name in the model, once initialized. */
  name = "norm";
  readonly #shape: Shape;
  #own: { readonly [name: string]: Tensor; readonly gamma: Tensor } | undefined;

  constructor(options: RmsNormOptions) {
    this.options = options;
    this.#shape = typeof options.shape === "number" ? [options.shape] : options.shape;
    checkSizes("new RmsNorm", Object.fromEntries(this.#shape.map((n, axis) => [`shape[${axis}]`, n])));
  }

  init({ name, rng: _, ...placement }: InitContext): void {
    this.name = name;
    this.#own ??= { gamma: ones(this.#shape, placement) };
  }

  parameters(): { readonly [name: string]: Tensor; readonly gamma: Tensor } {
    return this.#own ?? notInitialized(this.name);
  }

  role(): ParameterRole {
    return "norm";
  }

  forward(x: Tensor): Tensor {
    const { gamma } = this.parameters();
    const end = x.shape.slice(-this.#shape.length);
    if (!sameShape(end, this.#shape)) {
      throw new ShapeError({
        where: this.name,
        problem: `input ends in [${end.join(", ")}], layer expects [${this.#shape.join(", ")}]`,
        got: x.shape,
        help: `Built with new RmsNorm({ shape: [${this.#shape.join(", ")}] }).`,
      });
    }
    const axes = this.#shape.map((_, i) => -1 - i);
    const meanSquare = mean(square(x), axes, { keepdims: true }); // [N, …, 1, …]
    const rate = reciprocal(sqrt(shift(meanSquare, this.options.epsilon ?? 1e-5)));
    const normalized = mul(x, rate);
    const output = mul(normalized, gamma);
    recordAffine({ name: this.name, input: normalized, output }, { gamma }, -this.#shape.length, (input) => input);
    return output;
  }

  [heldTensors](): unknown {
    return this.#own;
  }
}

/**
 * Initial values of weights.
 *
 * With n the number of inputs (`fanIn`) or outputs (`fanOut`) that a unit is connected to, a variance of 1/n keeps the size
 * of activations (or gradients) from layer to layer, 2/n does behind a ReLU.
 */

import { full, generate, type Placement, type Rng, type Shape, type Tensor } from "@kronograd/tensor";

/** Description of the parameter to initialize. */
export interface InitializerContext extends Placement {
  /** A stream of the parameter's own. */
  readonly rng: Rng;
  /** Inputs that each output is connected to. */
  readonly fanIn: number;
  /** Outputs that each input is connected to. */
  readonly fanOut: number;
}

/** Makes the initial values of a parameter. */
export type Initializer = (shape: Shape, context: InitializerContext) => Tensor;

type Fan = (context: InitializerContext) => number;

/** Normal with variance gain / fan. */
const scaledNormal =
  (gain: number, fan: Fan): Initializer =>
  (shape, context) => {
    const deviation = Math.sqrt(gain / fan(context));
    return generate(shape, context, () => deviation * context.rng.normal());
  };

/** Uniform with variance gain / fan: U(±√(3 gain / fan)). */
const scaledUniform =
  (gain: number, fan: Fan): Initializer =>
  (shape, context) => {
    const limit = Math.sqrt((3 * gain) / fan(context));
    return generate(shape, context, () => limit * (2 * context.rng.uniform() - 1));
  };

const inputs: Fan = ({ fanIn }) => fanIn;
const average: Fan = ({ fanIn, fanOut }) => (fanIn + fanOut) / 2;

/**
 * Uniform in ±1/√fanIn, the default for weights and biases.
 *
 * It is also PyTorch's, so that comparisons with published curves start from the same distribution.
 */
export const fanInUniform: Initializer = /* @__PURE__ */ scaledUniform(1 / 3, inputs);
/** Normal with variance 2/fanIn, for ReLU. Source: He et al. (2015), eq. 10. */
export const heNormal: Initializer = /* @__PURE__ */ scaledNormal(2, inputs);
/** Uniform with variance 2/fanIn, for ReLU. Source: He et al. (2015), eq. 10. */
export const heUniform: Initializer = /* @__PURE__ */ scaledUniform(2, inputs);
/** Normal with variance 2/(fanIn + fanOut), for tanh. Source: Glorot & Bengio (2010), eq. 12. */
export const glorotNormal: Initializer = /* @__PURE__ */ scaledNormal(1, average);
/** Uniform with variance 2/(fanIn + fanOut), for tanh. Source: Glorot & Bengio (2010), eq. 16. */
export const glorotUniform: Initializer = /* @__PURE__ */ scaledUniform(1, average);
/** Normal with variance 1/fanIn. Source: LeCun et al. (1998), "Efficient BackProp", §4.6. */
export const lecunNormal: Initializer = /* @__PURE__ */ scaledNormal(1, inputs);

/** Normal with mean 0 and a given deviation. */
export const gaussian =
  (deviation: number): Initializer =>
  (shape, context) =>
    generate(shape, context, () => deviation * context.rng.normal());

/** The same value everywhere. */
export const constant =
  (value: number): Initializer =>
  (shape, context) =>
    full(shape, value, context);

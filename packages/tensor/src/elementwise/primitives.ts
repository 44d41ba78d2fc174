/**
 * The words of expressions: each primitive is one value with its loop for `cpu`, its derivative, and what it makes of whole
 * numbers. A program holds the words that its ops use and no others.
 *
 * The builders fold 0 and 1, so that derivatives stay small. A derivative is written in terms of the arguments and of the
 * node itself (`tanh′ = 1 − self²`), so a gradient can reuse an output that was computed already; numerically delicate
 * functions (sigmoid, softplus, erf) are primitives with their own stable derivative rather than compositions.
 *
 * Symbols: x, y, z are argument expressions; `self` is the node that is differentiated.
 */

import { erf as erfOf } from "./erf.ts";
import { constant, type Expression, isZero, type Loop, node, one, type Primitive, zero } from "./expression.ts";

export { constant, type Expression, input, parameter } from "./expression.ts";

type Unary = [x: Expression];
type Binary = [x: Expression, y: Expression];
type Ternary = [x: Expression, y: Expression, z: Expression];
type Builder<A extends Expression[]> = (...args: A) => Expression;

/**
 * Make the builder of a primitive.
 *
 * @param loop         what `cpu` runs. Written out, because a call for each element costs ten times its arithmetic, and
 *                     one function each, so that the engine compiles it once and for good
 * @param derivatives  ∂self/∂args; nothing where the derivative is 0 everywhere that it exists
 */
function word<A extends Expression[]>(
  op: string,
  loop: Loop,
  derivatives: (self: Expression, ...args: A) => readonly (Expression | null)[],
  values?: Primitive["values"],
): Builder<A> {
  const primitive = { loop, derivatives, values } as unknown as Primitive;
  return (...args) => node(op, args, 0, "", primitive);
}

const none = () => [];
const isOne = (x: Expression) => x.op === "constant" && x.value === 1;

const sum = /* @__PURE__ */ word<Binary>(
  "add",
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! + y[i]!;
  },
  () => [one, one],
  "integral",
);
/** The sum. */
export const add: Builder<Binary> = (x, y) => (isZero(x) ? y : isZero(y) ? x : sum(x, y));

const difference = /* @__PURE__ */ word<Binary>(
  "sub",
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! - y[i]!;
  },
  () => [one, constant(-1)],
  "integral",
);
/** The difference. */
export const sub: Builder<Binary> = (x, y) => (isZero(y) ? x : isZero(x) ? neg(y) : difference(x, y));

const product = /* @__PURE__ */ word<Binary>(
  "mul",
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! * y[i]!;
  },
  (_, x, y) => [y, x],
  "integral",
);
/** The product. */
export const mul: Builder<Binary> = (x, y) =>
  isZero(x) || isZero(y) ? zero : isOne(x) ? y : isOne(y) ? x : product(x, y);

const quotient = /* @__PURE__ */ word<Binary>(
  "div",
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! / y[i]!;
  },
  (self, _, y) => [div(one, y), neg(div(self, y))],
);
/** The quotient. */
export const div: Builder<Binary> = (x, y) => (isZero(x) ? zero : isOne(y) ? x : quotient(x, y));

const negative = /* @__PURE__ */ word<Unary>(
  "neg",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = -x[i]!;
  },
  () => [constant(-1)],
  "integral",
);
/** The negative. */
export const neg: Builder<Unary> = (x) => (isZero(x) ? x : negative(x));

/** The absolute value. */
export const abs = /* @__PURE__ */ word<Unary>(
  "abs",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.abs(x[i]!);
  },
  (_, x) => [sign(x)],
  "integral",
);

/** The sign: −1, 0 or 1; NaN for NaN. */
export const sign = /* @__PURE__ */ word<Unary>(
  "sign",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.sign(x[i]!);
  },
  none,
  "integral",
);

/** The exponential. */
export const exp = /* @__PURE__ */ word<Unary>(
  "exp",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.exp(x[i]!);
  },
  (self) => [self],
);

/** The exponential less 1, exact for small x. */
export const expm1 = /* @__PURE__ */ word<Unary>(
  "expm1",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.expm1(x[i]!);
  },
  (self) => [add(self, one)],
);

/** The natural logarithm. */
export const log = /* @__PURE__ */ word<Unary>(
  "log",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.log(x[i]!);
  },
  (_, x) => [div(one, x)],
);

/** The logarithm of 1 + x, exact for small x. */
export const log1p = /* @__PURE__ */ word<Unary>(
  "log1p",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.log1p(x[i]!);
  },
  (_, x) => [div(one, add(one, x))],
);

/** The square root. */
export const sqrt = /* @__PURE__ */ word<Unary>(
  "sqrt",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.sqrt(x[i]!);
  },
  (self) => [div(constant(0.5), self)],
);

/** The square. */
export const square = /* @__PURE__ */ word<Unary>(
  "square",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! * x[i]!;
  },
  (_, x) => [mul(constant(2), x)],
  "integral",
);

const power = /* @__PURE__ */ word<Binary>(
  "pow",
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! ** y[i]!;
  }, // 0·x⁻¹ at x = 0 and 0·log 0 are 0 here, not NaN: x⁰ is constant in x, and 0ʸ is in y
  (self, x, y) => [select(y, mul(y, pow(x, sub(y, one))), zero), select(self, mul(self, log(x)), zero)],
);
/** The power xʸ. */
export const pow: Builder<Binary> = (x, y) => (isOne(y) ? x : power(x, y));

/** The sine. */
export const sin: Builder<Unary> = /* @__PURE__ */ word<Unary>(
  "sin",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.sin(x[i]!);
  },
  (_, x) => [cos(x)],
);

/** The cosine. */
export const cos = /* @__PURE__ */ word<Unary>(
  "cos",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.cos(x[i]!);
  },
  (_, x) => [neg(sin(x))],
);

/** The hyperbolic tangent. */
export const tanh = /* @__PURE__ */ word<Unary>(
  "tanh",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.tanh(x[i]!);
  },
  (self) => [sub(one, square(self))],
);

/** The logistic function 1 / (1 + e⁻ˣ). */
export const sigmoid = /* @__PURE__ */ word<Unary>(
  "sigmoid",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = sigmoidOf(x[i]!);
  },
  (self) => [mul(self, sub(one, self))],
);

/** The softplus function log(1 + eˣ). */
export const softplus = /* @__PURE__ */ word<Unary>(
  "softplus",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.max(x[i]!, 0) + Math.log1p(Math.exp(-Math.abs(x[i]!)));
  },
  (_, x) => [sigmoid(x)],
);

/** The error function. */
export const erf = /* @__PURE__ */ word<Unary>(
  "erf",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = erfOf(x[i]!);
  },
  (_, x) => [mul(constant(2 / Math.sqrt(Math.PI)), exp(neg(square(x))))],
);

/** The largest whole number ≤ x. */
export const floor = /* @__PURE__ */ word<Unary>(
  "floor",
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.floor(x[i]!);
  },
  none,
  "integral",
);

/** The larger one; NaN wins. */
export const max = /* @__PURE__ */ word<Binary>(
  "max",
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = Math.max(x[i]!, y[i]!);
  }, // at a tie the gradient goes to x; y's slope reads only x and the result, so max(0, y) does not keep y
  (self, x, y) => [greaterEqual(x, y), greater(self, x)],
  "integral",
);

/** The smaller one; NaN wins. */
export const min = /* @__PURE__ */ word<Binary>(
  "min",
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = Math.min(x[i]!, y[i]!);
  },
  (self, x, y) => [greaterEqual(y, x), greater(x, self)],
  "integral",
);

/** Whether x > y, as 0 or 1; with NaN always 0. */
export const greater = /* @__PURE__ */ word<Binary>(
  "greater",
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! > y[i]! ? 1 : 0;
  },
  none,
  "truth",
);

/** Whether x ≥ y, as 0 or 1; with NaN always 0. */
export const greaterEqual = /* @__PURE__ */ word<Binary>(
  "greaterEqual",
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! >= y[i]! ? 1 : 0;
  },
  none,
  "truth",
);

/** Whether x = y, as 0 or 1; with NaN always 0. */
export const equal = /* @__PURE__ */ word<Binary>(
  "equal",
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! === y[i]! ? 1 : 0;
  },
  none,
  "truth",
);

const choice = /* @__PURE__ */ word<Ternary>(
  "select",
  (n, out, x, y, z) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! !== 0 ? y[i]! : z[i]!;
  },
  (_, condition) => [null, condition, sub(one, condition)],
  "integral",
);
/** Either x, where the condition is not 0, or y. */
export const select: Builder<Ternary> = (condition, x, y) => (isZero(x) && isZero(y) ? zero : choice(condition, x, y));

function sigmoidOf(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const t = Math.exp(x);
  return t / (1 + t);
}

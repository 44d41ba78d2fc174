/**
 * Elementwise mathematics as data: a small expression graph that `cpu` interprets, other backends emit, and that
 * differentiates itself.
 *
 * Nodes are immutable and compared by identity. Each primitive's derivative is written in terms of its arguments and of
 * the node itself (`tanh′ = 1 − self²`), so a gradient can reuse an output that was computed already; numerically delicate
 * functions (sigmoid, softplus, erf) are primitives with their own stable derivative rather than compositions.
 *
 * Symbols: x, y, z are argument expressions; `self` is the node that is differentiated.
 */

/** A node of an expression; compared by identity. */
export interface Expression {
  readonly op: Primitive | "input" | "parameter" | "constant";
  readonly args: readonly Expression[];
  /** Of an input: which; of a constant: its value. */
  readonly value: number;
  /** Of a parameter: its name. */
  readonly name: string;
}

type Derivatives = (self: Expression, x: Expression, y: Expression, z: Expression) => readonly (Expression | null)[];

function node(op: Expression["op"], args: readonly Expression[], value = 0, name = ""): Expression {
  return { op, args, value, name };
}

const constant = (value: number): Expression => node("constant", [], value);
const zero = constant(0);
const one = constant(1);
const isZero = (x: Expression) => x.op === "constant" && x.value === 0;
const isOne = (x: Expression) => x.op === "constant" && x.value === 1;

/** The vocabulary of expressions; each builder folds 0 and 1, so that derivatives stay small. */
export const e = {
  input: (index: number): Expression => node("input", [], index),
  parameter: (name: string): Expression => node("parameter", [], 0, name),
  constant,
  add: (x: Expression, y: Expression): Expression => (isZero(x) ? y : isZero(y) ? x : node("add", [x, y])),
  sub: (x: Expression, y: Expression): Expression => (isZero(y) ? x : isZero(x) ? e.neg(y) : node("sub", [x, y])),
  mul: (x: Expression, y: Expression): Expression =>
    isZero(x) || isZero(y) ? zero : isOne(x) ? y : isOne(y) ? x : node("mul", [x, y]),
  div: (x: Expression, y: Expression): Expression => (isZero(x) ? zero : isOne(y) ? x : node("div", [x, y])),
  neg: (x: Expression): Expression => (isZero(x) ? x : node("neg", [x])),
  abs: (x: Expression): Expression => node("abs", [x]),
  sign: (x: Expression): Expression => node("sign", [x]),
  exp: (x: Expression): Expression => node("exp", [x]),
  expm1: (x: Expression): Expression => node("expm1", [x]),
  log: (x: Expression): Expression => node("log", [x]),
  log1p: (x: Expression): Expression => node("log1p", [x]),
  sqrt: (x: Expression): Expression => node("sqrt", [x]),
  square: (x: Expression): Expression => node("square", [x]),
  pow: (x: Expression, y: Expression): Expression => (isOne(y) ? x : node("pow", [x, y])),
  sin: (x: Expression): Expression => node("sin", [x]),
  cos: (x: Expression): Expression => node("cos", [x]),
  tanh: (x: Expression): Expression => node("tanh", [x]),
  sigmoid: (x: Expression): Expression => node("sigmoid", [x]),
  /** log(1 + exp x) */
  softplus: (x: Expression): Expression => node("softplus", [x]),
  erf: (x: Expression): Expression => node("erf", [x]),
  floor: (x: Expression): Expression => node("floor", [x]),
  max: (x: Expression, y: Expression): Expression => node("max", [x, y]),
  min: (x: Expression, y: Expression): Expression => node("min", [x, y]),
  /** x > y, as 0 or 1; with NaN always 0. */
  greater: (x: Expression, y: Expression): Expression => node("greater", [x, y]),
  greaterEqual: (x: Expression, y: Expression): Expression => node("greaterEqual", [x, y]),
  equal: (x: Expression, y: Expression): Expression => node("equal", [x, y]),
  /** condition ≠ 0 ? x : y */
  select: (condition: Expression, x: Expression, y: Expression): Expression =>
    isZero(x) && isZero(y) ? zero : node("select", [condition, x, y]),
};

export type Primitive = Exclude<keyof typeof e, "input" | "parameter" | "constant">;

const none = [null];
const twoOverRootPi = constant(2 / Math.sqrt(Math.PI));

/** ∂self/∂args, one row a primitive; null where the derivative is 0 everywhere that it exists. */
const derivatives: Readonly<Record<Primitive, Derivatives>> = {
  add: () => [one, one],
  sub: () => [one, constant(-1)],
  mul: (_, x, y) => [y, x],
  div: (self, _, y) => [e.div(one, y), e.neg(e.div(self, y))],
  neg: () => [constant(-1)],
  abs: (_, x) => [e.sign(x)],
  sign: () => none,
  exp: (self) => [self],
  expm1: (self) => [e.add(self, one)],
  log: (_, x) => [e.div(one, x)],
  log1p: (_, x) => [e.div(one, e.add(one, x))],
  sqrt: (self) => [e.div(constant(0.5), self)],
  square: (_, x) => [e.mul(constant(2), x)],
  // 0·x⁻¹ at x = 0 and 0·log 0 are 0 here, not NaN: x⁰ is constant in x, and 0ʸ is in y
  pow: (self, x, y) => [
    e.select(y, e.mul(y, e.pow(x, e.sub(y, one))), zero),
    e.select(self, e.mul(self, e.log(x)), zero),
  ],
  sin: (_, x) => [e.cos(x)],
  cos: (_, x) => [e.neg(e.sin(x))],
  tanh: (self) => [e.sub(one, e.square(self))],
  sigmoid: (self) => [e.mul(self, e.sub(one, self))],
  softplus: (_, x) => [e.sigmoid(x)],
  erf: (_, x) => [e.mul(twoOverRootPi, e.exp(e.neg(e.square(x))))],
  floor: () => none,
  // at a tie the gradient goes to x; y's slope reads only x and the result, so max(0, y) does not keep y
  max: (self, x, y) => [e.greaterEqual(x, y), e.greater(self, x)],
  min: (self, x, y) => [e.greaterEqual(y, x), e.greater(x, self)],
  greater: () => [null, null],
  greaterEqual: () => [null, null],
  equal: () => [null, null],
  select: (_, condition) => [null, condition, e.sub(one, condition)],
};

/** ∂root/∂input(index), or null where it is identically 0. Shared subexpressions are differentiated once. */
export function differentiate(root: Expression, index: number): Expression | null {
  const memo = new Map<Expression, Expression>();
  const visit = (x: Expression): Expression => {
    const known = memo.get(x);
    if (known !== undefined) return known;
    const result = chainRule(x);
    memo.set(x, result);
    return result;
  };
  const chainRule = (x: Expression): Expression => {
    if (x.op === "input") return x.value === index ? one : zero;
    if (x.op === "parameter" || x.op === "constant") return zero;
    if (x.op === "select") {
      const [condition, yes, no] = x.args as [Expression, Expression, Expression];
      return e.select(condition, visit(yes), visit(no)); // not c·x′ + (1−c)·y′: the branch not taken may be ∞
    }
    const partials = derivatives[x.op](x, x.args[0] as Expression, x.args[1] as Expression, x.args[2] as Expression);
    let sum = zero;
    x.args.forEach((argument, i) => {
      const partial = partials[i];
      const inner = partial === null || partial === undefined ? zero : visit(argument);
      if (!isZero(inner)) sum = e.add(sum, e.mul(inner, partial as Expression));
    });
    return sum;
  };
  const result = visit(root);
  return isZero(result) ? null : result;
}

/** Every distinct node, arguments before their users. */
export function topological(roots: readonly Expression[]): Expression[] {
  const order: Expression[] = [];
  const seen = new Set<Expression>();
  const visit = (x: Expression): void => {
    if (seen.has(x)) return;
    seen.add(x);
    x.args.forEach(visit);
    order.push(x);
  };
  roots.forEach(visit);
  return order;
}

const comparisons = new Set<string>(["greater", "greaterEqual", "equal"]);
const integral = new Set<string>([
  "input",
  "constant",
  "add",
  "sub",
  "mul",
  "neg",
  "abs",
  "sign",
  "max",
  "min",
  "square",
  "select",
  "floor",
]);

/** Whether the value is a truth value (0 or 1), which is stored as int32. */
export function isComparison(root: Expression): boolean {
  return comparisons.has(root.op);
}

/** Whether whole-number inputs give whole-number values, so that int32 may stay int32. */
export function staysIntegral(root: Expression): boolean {
  return topological([root]).every(
    (x) => comparisons.has(x.op) || (integral.has(x.op) && (x.op !== "constant" || Number.isInteger(x.value))),
  );
}

/**
 * Elementwise mathematics as data: a small expression graph that `cpu` interprets, other backends emit, and that
 * differentiates itself. `primitives.ts` has its words.
 *
 * Nodes are immutable and compared by identity.
 */

/** A node of an expression; compared by identity. */
export interface Expression {
  /** "input", "parameter", "constant", or the name of a primitive. */
  readonly op: string;
  readonly args: readonly Expression[];
  /** Of an input: which; of a constant: its value. */
  readonly value: number;
  /** Of a parameter: its name. */
  readonly name: string;
  /** Of an application of a primitive: what it is. */
  readonly primitive: Primitive | undefined;
}

/** One primitive over the first n places of its registers: out ← f(x, y, z). */
export type Loop = (n: number, out: Float64Array, x: Float64Array, y: Float64Array, z: Float64Array) => void;

/** Properties of a primitive. */
export interface Primitive {
  readonly loop: Loop;
  /** ∂self/∂args; null or nothing where the derivative is 0 everywhere that it exists. */
  readonly derivatives: (self: Expression, ...args: readonly Expression[]) => readonly (Expression | null)[];
  /** Its values: truth values (0 or 1), or whole numbers for whole numbers; nothing for any number. */
  readonly values: "truth" | "integral" | undefined;
}

/** Make a node; the words of `primitives.ts` do. */
export function node(op: string, args: readonly Expression[], value = 0, name = "", primitive?: Primitive): Expression {
  return { op, args, value, name, primitive };
}

/** The input of a number, from 0. */
export const input = (index: number): Expression => node("input", [], index);
/** A number that is given with each call. */
export const parameter = (name: string): Expression => node("parameter", [], 0, name);
/** A number. */
export const constant = (value: number): Expression => node("constant", [], value);

export const zero = /* @__PURE__ */ constant(0);
export const one = /* @__PURE__ */ constant(1);
export const isZero = (x: Expression): boolean => x.op === "constant" && x.value === 0;

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

/** Whether the value is a truth value (0 or 1), which is stored as int32. */
export function isComparison(root: Expression): boolean {
  return root.primitive?.values === "truth";
}

/** Whether whole-number inputs give whole-number values, so that int32 may stay int32. */
export function staysIntegral(root: Expression): boolean {
  return topological([root]).every(({ op, value, primitive }) =>
    primitive === undefined
      ? op === "input" || (op === "constant" && Number.isInteger(value))
      : primitive.values !== undefined,
  );
}

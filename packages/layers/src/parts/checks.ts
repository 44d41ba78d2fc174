/** Checks that several layers make of their options and inputs. */

import {
  assertShape,
  assertWhole,
  type PairLike,
  type Shape,
  ShapeError,
  type Tensor,
  UsageError,
} from "@kronograd/tensor";

/** Check that options are whole numbers ≥ 1. @throws {UsageError} naming the first that is not */
export function checkSizes(where: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(sizes)) assertWhole(where, name, value);
}

/** Check that a probability is in [0, 1). @throws {UsageError} */
export function checkRate(where: string, name: string, value: number): void {
  if (value >= 0 && value < 1) return;
  throw new UsageError({ where, problem: `${name} must be in [0, 1)`, got: value });
}

/**
 * Check names of children or parameters: JavaScript moves keys like "0" before all others, so a record with them has another
 * order than it was written in.
 *
 * @throws {UsageError} a name is a whole number
 */
export function checkNames(where: string, what: string, names: readonly string[]): void {
  const bad = names.find((name) => /^(?:0|[1-9]\d*)$/.test(name));
  if (bad === undefined) return;
  throw new UsageError({
    where,
    problem: `${what} is called "${bad}", and JavaScript moves such names before all others`,
    expected: "names that are no whole numbers",
    got: names,
    help: `Call it "layer${bad}", or pass a list.`,
  });
}

/** Both directions of an option. */
export function pairOf(value: PairLike): readonly [number, number] {
  return typeof value === "number" ? [value, value] : value;
}

/**
 * Check how many features (or channels) an input has along an axis.
 *
 * @param built  how the layer was made, for the message
 * @throws {ShapeError} naming the layer and both numbers
 */
export function checkFeatures(
  where: string,
  word: string,
  x: Tensor,
  axis: number,
  expected: number,
  built: string,
): void {
  const got = x.shape.at(axis);
  if (got === expected) return;
  throw new ShapeError({
    where,
    problem:
      got === undefined
        ? `input [${x.shape.join(", ")}] has no axis of ${word}`
        : `input has ${got} ${word}, layer expects ${expected}`,
    got: x.shape,
    help: `Built with ${built}.`,
  });
}

/** Check the number of axes. @throws {ShapeError} naming the layer and the axes that it expects */
export function checkRank(where: string, x: Tensor, axes: readonly (string | number)[]): void {
  if (x.rank === axes.length) return;
  throw new ShapeError({
    where,
    problem: `input has ${x.rank} axes, layer expects ${axes.length}`,
    expected: axes,
    got: x.shape,
  });
}

/** Check a tensor that was given as a parameter. @throws {ShapeError} */
export function checkGiven(where: string, name: string, given: Tensor, expected: Shape): void {
  assertShape(where, `the ${name} that was given has another shape`, expected, given.shape);
}

/** A layer was used before it had parameters. @throws {UsageError} always */
export function notInitialized(name: string): never {
  throw new UsageError({
    where: name,
    problem: "layer has no parameters yet",
    help: "Put it into new Sequential([…], { rng }), or call initialize(layer, { rng }).",
  });
}

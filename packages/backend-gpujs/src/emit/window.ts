/** Elements of arrays of four axes (images, weights) as text of a kernel. */

import type { Operand } from "@kronograd/tensor";
import type { Four } from "@kronograd/tensor/kernel";
import { times } from "./layout.ts";

/** Sizes of four axes. */
export const four = ({ shape }: Operand): Four => shape as unknown as Four;

/** Reads operand j of four axes. */
export const read = (j: number, { strides }: Operand, places: readonly string[]): string =>
  `x${j}[at${j} + ${places.map((place, axis) => times(place, strides[axis] as number)).join(" + ")}]`;

/** Declares the coordinates of element i of a row-major array of four axes. */
export const coordinates = ([, b, c, d]: Four, [first, second, third, fourth]: readonly string[]): string =>
  `const ${fourth} = remainder(i, ${d});
const ${third} = remainder(quotient(i, ${d}), ${c});
const ${second} = remainder(quotient(i, ${c * d}), ${b});
const ${first} = quotient(i, ${b * c * d});`;

/** Walks as WGSL: from the number of an element to its place in each operand. */

import type { Walk } from "@kronograd/tensor/kernel";
import type { Uniform } from "../kit.ts";

/** Uniforms of a walk under a prefix: counts of all axes but the first, and the strides of each operand. */
export function walkUniforms(prefix: string, { counts, strides }: Walk): Record<string, Uniform> {
  const uniforms: Record<string, Uniform> = {};
  counts.forEach((n, axis) => {
    uniforms[`${prefix}n${axis}`] = ["u32", n];
  });
  strides.forEach((own, operand) => {
    own.forEach((stride, axis) => {
      uniforms[`${prefix}s${operand}_${axis}`] = ["i32", stride];
    });
  });
  return uniforms;
}

/**
 * Statements that declare `${prefix}at0`, `${prefix}at1` … (i32), the places of element `index` (u32) relative to each
 * operand's start.
 */
export function walkText(prefix: string, { counts, strides }: Walk, index: string): string {
  const lines = strides.map((_, operand) => `var ${prefix}at${operand} = 0i;`);
  if (counts.length > 0) lines.push(`var ${prefix}rest = ${index};`);
  for (let axis = counts.length - 1; axis >= 0; axis--) {
    const step = axis === 0 ? `i32(${prefix}rest)` : `i32(${prefix}rest % u.${prefix}n${axis})`;
    strides.forEach((_, operand) => {
      lines.push(`${prefix}at${operand} += ${step} * u.${prefix}s${operand}_${axis};`);
    });
    if (axis > 0) lines.push(`${prefix}rest /= u.${prefix}n${axis};`);
  }
  return lines.join("\n");
}

/** Pixels of images [N, C, H, W] as WGSL: the coordinates of an element, the place of a pixel, the uniforms of both. */

import type { Operand } from "@kronograd/tensor";
import type { Uniform } from "../kit.ts";

/** Sizes or strides of four axes. */
export const four = ({ shape }: Operand): readonly [number, number, number, number] =>
  shape as unknown as readonly [number, number, number, number];

export const count = (value: number): Uniform => ["i32", value];

/** Declares image, channel, y, x of element i of a row-major [N, C, ?, width] with `plane` elements a plane. */
export const coordinates = `
let y = i32((i % u32(u.plane)) / u32(u.width));
let x = i32((i % u32(u.plane)) % u32(u.width));
let channel = i32((i / u32(u.plane)) % u32(u.channels));
let image = i32(i / u32(u.plane) / u32(u.channels));`;

/** The place of a pixel of input 0, whose strides are the uniforms `${prefix}0` … `${prefix}3`. */
export const at = (prefix: string, row: string, column: string): string =>
  `u32(u.i0 + image * u.${prefix}0 + channel * u.${prefix}1 + (${row}) * u.${prefix}2 + (${column}) * u.${prefix}3)`;

/** The uniforms that `coordinates` reads. */
export const plane = ({ shape }: { readonly shape: readonly number[] }): Record<string, Uniform> => ({
  plane: count((shape[2] as number) * (shape[3] as number)),
  width: count(shape[3] as number),
  channels: count(shape[1] as number),
});

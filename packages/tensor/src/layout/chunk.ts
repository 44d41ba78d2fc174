/**
 * Chunks: host kernels read typed arrays through float64 registers of this many elements, so that their inner loops see
 * one kind of array. The few loops that touch tensors are here, one for each dtype, each compiled for its own.
 */

import type { TypedArray } from "../tensor/dtype.ts";

/** Elements in a register; a handful of registers fits the first cache. */
export const chunkSize = 1024;

/** Read n elements, `step` apart, into a register from place `to` on. */
export function load(register: Float64Array, data: TypedArray, from: number, n: number, step = 1, to = 0): void {
  if (data instanceof Float32Array) load32(register, data, from, n, step, to);
  else if (data instanceof Float64Array) load64(register, data, from, n, step, to);
  else loadInt(register, data, from, n, step, to);
}

/** Write the first n elements of a register. */
export function store(data: TypedArray, from: number, register: Float64Array, n: number): void {
  if (data instanceof Float32Array) store32(data, from, register, n);
  else if (data instanceof Float64Array) store64(data, from, register, n);
  else storeInt(data, from, register, n);
}

function load32(register: Float64Array, data: Float32Array, from: number, n: number, step: number, to: number): void {
  for (let i = 0, p = from; i < n; i++, p += step) register[to + i] = data[p]!;
}

function load64(register: Float64Array, data: Float64Array, from: number, n: number, step: number, to: number): void {
  for (let i = 0, p = from; i < n; i++, p += step) register[to + i] = data[p]!;
}

function loadInt(register: Float64Array, data: Int32Array, from: number, n: number, step: number, to: number): void {
  for (let i = 0, p = from; i < n; i++, p += step) register[to + i] = data[p]!;
}

function store32(data: Float32Array, from: number, register: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) data[from + i] = register[i]!;
}

function store64(data: Float64Array, from: number, register: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) data[from + i] = register[i]!;
}

function storeInt(data: Int32Array, from: number, register: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) data[from + i] = register[i]!;
}

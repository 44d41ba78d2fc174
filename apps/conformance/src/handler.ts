/** What a handler of one op is given, and what it gives back. */

import { DataError, type Device, type Dtype, literal, type Tensor, tensor } from "@kronograd/tensor";
import type { HostArray } from "@kronograd/testkit";
import { type Dictionary, type FixtureCase, isArray, isDictionary, type Json } from "./fixture.ts";

/** Results under the names of `expected`; a function is called only if its name is expected. */
export type Result =
  | Tensor
  | HostArray
  | number
  | boolean
  | readonly Result[]
  | { readonly [name: string]: Result }
  | (() => Result);

/**
 * Run one case through the public API.
 *
 * @returns results under the names of `expected`
 */
export type Handler = (run: CaseRun) => Results | Promise<Results>;

export type Results = { readonly [name: string]: Result };

/** One case on one device: reads its values as tensors there. */
export class CaseRun {
  readonly case: FixtureCase;
  readonly device: Device;
  readonly dtype: "float32" | "float64";
  /** What the results are compared with: the case's own, unless the handler asks for more. */
  expected: Dictionary;
  readonly #all: readonly FixtureCase[];

  constructor(fixture: FixtureCase, all: readonly FixtureCase[], device: Device, dtype: "float32" | "float64") {
    this.case = fixture;
    this.expected = fixture.expected;
    this.device = device;
    this.dtype = dtype;
    this.#all = all;
  }

  /** Options of creation functions. */
  get placement(): { device: Device; dtype: Dtype } {
    return { device: this.device, dtype: this.dtype };
  }

  /** A float tensor from a value of the case. */
  tensor(value: HostArray | number): Tensor {
    if (typeof value === "number") return tensor(value, this.placement);
    return tensor(Float64Array.from(value.data), { ...this.placement, shape: value.shape });
  }

  /** An int32 tensor from a (nested) list of indices. */
  indices(value: Json | undefined, name = "labels"): Tensor {
    if (!Array.isArray(value)) throw this.lacks(name, "a list of whole numbers", value);
    return tensor(value as number[], { device: this.device, dtype: "int32" });
  }

  /** An input of the case as a tensor. */
  input(name: string): Tensor {
    const value = this.case.inputs[name];
    if (!isArray(value) && typeof value !== "number") throw this.lacks(`input "${name}"`, "a tensor", value);
    return this.tensor(value);
  }

  /** A dictionary of tensors, such as a net's parameters. */
  tensors(value: Json | undefined, name: string): Record<string, Tensor> {
    if (!isDictionary(value)) throw this.lacks(name, "a dictionary of tensors", value);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.tensor(item as HostArray)]));
  }

  number(name: string): number;
  number(name: string, fallback: number): number;
  number(name: string, fallback?: number): number {
    const value = this.case.params[name] ?? fallback;
    if (typeof value !== "number") throw this.lacks(`parameter "${name}"`, "a number", value);
    return value;
  }

  text(name: string, fallback?: string): string {
    const value = this.case.params[name] ?? fallback;
    if (typeof value !== "string") throw this.lacks(`parameter "${name}"`, "a text", value);
    return value;
  }

  flag(name: string, fallback?: boolean): boolean {
    const value = this.case.params[name] ?? fallback;
    if (typeof value !== "boolean") throw this.lacks(`parameter "${name}"`, "true or false", value);
    return value;
  }

  /** A list of numbers, such as [vertical, horizontal]. */
  list(name: string, fallback?: readonly number[]): readonly number[] {
    const value = this.case.params[name] ?? fallback;
    if (!Array.isArray(value)) throw this.lacks(`parameter "${name}"`, "a list of numbers", value);
    return value as readonly number[];
  }

  pair(name: string, fallback?: readonly [number, number]): [number, number] {
    const [vertical, horizontal] = this.list(name, fallback);
    return [vertical!, horizontal!];
  }

  /** Rows, labels and batch size of a `data` case. */
  dataOf({ name, inputs, params }: FixtureCase): { x: Tensor; targets: Tensor; batch: number } {
    if (!isArray(inputs.x) || typeof params.batch !== "number") {
      throw new DataError({ where: name, problem: "a data case needs x and batch" });
    }
    return { x: this.tensor(inputs.x), targets: this.indices(params.labels), batch: params.batch };
  }

  /** Another case of the folder. */
  neighbour(what: string, wanted: (fixture: FixtureCase) => boolean): FixtureCase {
    const found =
      this.#all.find((fixture) => wanted(fixture) && fixture.file === this.case.file) ?? this.#all.find(wanted);
    if (found === undefined) throw new DataError({ where: this.case.name, problem: `the folder has no ${what}` });
    return found;
  }

  /** The error of a value that the case lacks. */
  lacks(what: string, expected: string, got: unknown): DataError {
    return new DataError({
      where: this.case.name,
      problem: `${what} is missing or of another kind`,
      expected,
      got: literal(got),
    });
  }
}

/** Parameters of a case that its handler does not read must be absent or off: nothing is ignored silently. */
export function refuseOthers(run: CaseRun, params: Dictionary, known: readonly string[]): void {
  for (const [name, value] of Object.entries(params)) {
    if (known.includes(name) || value === null || value === false || value === 0) continue;
    throw new DataError({
      where: run.case.name,
      problem: `parameter "${name}" is not supported`,
      got: literal(value),
    });
  }
}

/**
 * A backend against the reference loops: every op of the registry over random shapes, layouts and dtypes, and a table of
 * which ops have kernels and how far each is from the reference.
 */

import {
  type AnyOp,
  type ComputeOp,
  type Coverage,
  type Device,
  type Dtype,
  dispatch,
  type HostOperand,
  Rng,
  type Sample,
  sampleOf,
  scope,
  sizeOf,
  stridesOf,
  typedArray,
} from "@kronograd/tensor";
import { compare, type Drawn, download, draw, embed, type HostArray, place, type Tolerance } from "@kronograd/testkit";
import { results } from "../op/checks.ts";

/** One op of the coverage table. */
export interface CoverageRow {
  readonly op: string;
  /** Random cases that the backend's kernel computed, and those that ran the reference, within a kernel too. */
  readonly kernel: number;
  readonly reference: number;
  /** Largest error relative to the largest element, by dtype. */
  readonly error: Readonly<Partial<Record<Dtype, number>>>;
  /** The first disagreement beyond the tolerance, or null. */
  readonly failure: string | null;
}

/** What is tried, and how far results may be from the reference. */
export interface CoverageOptions {
  /** Random cases for each op and dtype; default 12. */
  readonly runs?: number;
  readonly seed?: number;
  readonly names?: readonly string[];
  /** Dtypes that the device computes in; default both floats. */
  readonly dtypes?: readonly ("float32" | "float64")[];
  readonly tolerances?: Readonly<Record<"float32" | "float64", Tolerance>>;
}

/** Another order of the same sums: a dozen roundings, on results about the size of the inputs. */
const defaultTolerances = {
  float32: { rtol: 2e-5, atol: 1e-5 },
  float64: { rtol: 1e-12, atol: 1e-13 },
} as const;

/** Run one op's random cases on a device and compare with the reference. */
export async function coverOp(device: Device, op: AnyOp, options: CoverageOptions = {}): Promise<CoverageRow> {
  const { runs = 12, seed = 0, dtypes = ["float32", "float64"], tolerances = defaultTolerances } = options;
  const before = callsOf(device, op);
  const error: Partial<Record<Dtype, number>> = {};
  let failure: string | null = null;
  for (const dtype of dtypes) {
    for (let run = 0; run < runs; run++) {
      const rng = new Rng(seed).fork(`${op.name} ${dtype} ${run}`);
      const sample: Sample<unknown> = sampleOf(op, rng);
      const drawn = draw(sample, rng, { dtype });
      const want = reference(op, drawn, sample.params);
      const got = await onDevice(device, op, drawn, sample.params);
      want.forEach((expected, i) => {
        const found = compare(got[i]!, expected, { ...tolerances[dtype], equalNaN: true });
        error[dtype] = Math.max(error[dtype] ?? 0, found.relative);
        if (!found.pass) failure ??= `${dtype}, case ${run}, output ${i}: ${found.message}`;
      });
    }
  }
  const after = callsOf(device, op);
  return {
    op: op.name,
    kernel: after.kernel - before.kernel,
    reference: after.reference - before.reference,
    error,
    failure,
  };
}

function callsOf(device: Device, { name }: AnyOp): Pick<CoverageRow, "kernel" | "reference"> {
  const { kernel, reference, referenceInKernel } = device.coverage.get(name) ?? noCalls;
  return { kernel, reference: reference + referenceInKernel };
}

const noCalls: Coverage = { kernel: 0, reference: 0, referenceInKernel: 0 };

async function onDevice(device: Device, op: AnyOp, drawn: readonly Drawn[], params: unknown): Promise<HostArray[]> {
  const inputs = drawn.map((input) => place(input, device));
  const outputs = dispatch(op, inputs, params);
  const values = await Promise.all(outputs.map(download));
  for (const t of [...inputs, ...outputs]) t.dispose();
  return values;
}

/** The reference loops on host memory; a view op has none, and its layout rule runs on `cpu`. */
function reference(op: AnyOp, drawn: readonly Drawn[], params: unknown): HostArray[] {
  if ("view" in op)
    return scope(() =>
      results(
        op,
        drawn.map((input) => place(input)),
        params,
      ),
    );
  const inputs = drawn.map(
    ({ values, layout, dtype }): HostOperand => ({ ...layout, dtype, data: embed(values, layout, dtype) }),
  );
  const outputs = (op as ComputeOp<unknown>).shape(inputs, params).map(({ shape, dtype }): HostOperand => {
    return { shape, strides: stridesOf(shape), offset: 0, dtype, data: typedArray(dtype, sizeOf(shape)) };
  });
  op.reference(outputs, inputs, params);
  return outputs;
}

/** The coverage table as text: op, kernel or reference, largest error by dtype. */
export function coverageTable(rows: readonly CoverageRow[]): string {
  const name = Math.max(2, ...rows.map(({ op }) => op.length));
  const line = (op: string, runs: string, narrow: string, wide: string) =>
    `${op.padEnd(name)}  ${runs.padEnd(9)}  ${narrow.padEnd(8)}  ${wide}`;
  const how = ({ kernel, reference }: CoverageRow) =>
    kernel === 0 ? (reference === 0 ? "view" : "reference") : reference === 0 ? "kernel" : "both";
  const show = (error: number | undefined) => (error === undefined ? "" : error === 0 ? "0" : error.toExponential(1));
  const withKernel = rows.filter(({ kernel }) => kernel > 0).length;
  return [
    line("op", "runs", "float32", "float64"),
    ...rows.map(
      (row) =>
        line(row.op, how(row), show(row.error.float32), show(row.error.float64)) +
        (row.failure === null ? "" : "  FAILED"),
    ),
    `${withKernel} of ${rows.length} ops have a kernel`,
  ].join("\n");
}

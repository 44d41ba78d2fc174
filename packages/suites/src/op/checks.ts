/** What every op must hold, as functions that throw: `opSuite` calls them with many seeds. */

import {
  type AnyOp,
  cpu,
  detach,
  dispatch,
  ones,
  pullBack,
  Rng,
  type Sample,
  sampleOf,
  scope,
  type Tensor,
} from "@kronograd/tensor";
import {
  type Comparison,
  checkGradients,
  compare,
  draw,
  drawInputs,
  type HostArray,
  hostArray,
  place,
  plainLayout,
} from "@kronograd/testkit";

/** Another layout may change the order of a sum: a few roundings of float64. */
const layoutTolerance = { rtol: 1e-12, atol: 1e-13 };
/** Roundings of float32 (6e-8), some dozen in a row, on results about the size of their inputs; solves lose a little more. */
const float32Tolerance = { rtol: 2e-5, atol: 1e-5 };

/** The results of an op on a sample's inputs. */
export function results(op: AnyOp, inputs: readonly Tensor[], params: unknown): HostArray[] {
  return scope(() => dispatch(op, inputs, params).map(hostArray));
}

/** Gradients of first and second order, over a random shape, random layouts, and a random choice of what is differentiated by. */
export function checkOpGradients(op: AnyOp, seed: number): void {
  const rng = new Rng(seed);
  const sample: Sample<unknown> = sampleOf(op, rng);
  scope(() => {
    const inputs = drawInputs(sample, rng, { dtype: "float64" }).map(detach);
    const floats = inputs.flatMap((t, i) => (t.dtype === "int32" ? [] : [i]));
    const all = rng.integer(2) === 0;
    const chosen = floats.filter(() => rng.integer(2) === 0);
    const wrt = all || chosen.length === 0 ? floats : chosen;
    checkGradients((...moved) => dispatch(op, moved, sample.params), inputs, { order: 2, rng, wrt });
  });
}

/** Asked for the cotangent of one input alone, the VJP reads only what it declared for that, and gives back all memory. */
export function checkOpReads(op: AnyOp, seed: number): void {
  const rng = new Rng(seed);
  const sample: Sample<unknown> = sampleOf(op, rng);
  const before = cpu.memory.buffers;
  scope(() => {
    const inputs = drawInputs(sample, rng, { dtype: "float64" });
    const outputs = dispatch(op, inputs, sample.params);
    const cotangents = outputs.map((y) => (y.dtype === "int32" ? null : ones(y.shape, y)));
    inputs.forEach((input, wanted) => {
      if (input.dtype === "int32") return;
      const needs = inputs.map((_, i) => i === wanted);
      const read = (kind: string, kept: readonly Tensor[], declared: readonly number[]) => (i: number) => {
        if (!declared.includes(i))
          throw new Error(`for input ${wanted}, ${kind} ${i} is read but not declared as saved`);
        return kept[i]!;
      };
      pullBack(
        op.vjp!,
        cotangents,
        {
          specs: inputs,
          needs,
          input: read("input", inputs, op.vjp!.saveInputs?.(sample.params, needs) ?? []),
          output: read("output", outputs, op.vjp!.saveOutputs?.(sample.params, needs) ?? []),
        },
        sample.params,
      );
    });
  });
  if (cpu.memory.buffers !== before) throw new Error(`${cpu.memory.buffers - before} buffers are left`);
}

/** The same values in another layout give the same results. */
export function checkOpLayouts(op: AnyOp, seed: number): void {
  const rng = new Rng(seed);
  const sample: Sample<unknown> = sampleOf(op, rng);
  const drawn = draw(sample, rng, { dtype: "float64" });
  scope(() => {
    const plain = drawn.map((input) => place({ ...input, layout: plainLayout(input.shape) }));
    const strided = drawn.map((input) => place(input));
    agree(results(op, strided, sample.params), results(op, plain, sample.params), layoutTolerance, "in another layout");
  });
}

/** float32 and float64 agree to float32's rounding. */
export function checkOpDtypes(op: AnyOp, seed: number): void {
  const rng = new Rng(seed);
  const sample: Sample<unknown> = sampleOf(op, rng);
  const drawn = draw(sample, rng, { dtype: "float64" });
  scope(() => {
    const wide = drawn.map((input) => place(input));
    const narrow = drawn.map((input) => place({ ...input, dtype: input.dtype === "int32" ? "int32" : "float32" }));
    agree(results(op, narrow, sample.params), results(op, wide, sample.params), float32Tolerance, "in float32");
  });
}

function agree(
  got: readonly HostArray[],
  want: readonly HostArray[],
  tolerance: { rtol: number; atol: number },
  when: string,
): void {
  want.forEach((expected, i) => {
    const found: Comparison = compare(got[i]!, expected, { ...tolerance, equalNaN: true });
    if (!found.pass) throw new Error(`output ${i} ${when}: ${found.message}`);
  });
}

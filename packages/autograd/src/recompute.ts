/**
 * Memory for time: a segment of the forward pass keeps its inputs alone, and is run again on the way back.
 *
 * The tape notes the segment's ops as ever, but saves nothing for them. When the way back reaches the last of them, the
 * segment is run again; each op of the second run is the same op of the first, so what it would have saved then is put in its
 * place, under the first run's identities. So gradients, layer records and derivatives of any order have the same bits as
 * without. What was saved is dropped as soon as the way back has passed the segment.
 *
 * Source: Chen et al. (2016), "Training deep nets with sublinear memory cost".
 */

import { type Op, type Recorder, retain, scope, type Tensor, type Tree, UsageError } from "@kronograd/tensor";
import { withoutRecords } from "./capture.ts";
import { active, type Node, recorded, type SavedTensor, type Segment, Tape } from "./tape.ts";

/**
 * Run `f` on some tensors so that a gradient through it keeps those tensors alone, and runs `f` again on the way back.
 *
 * `f` may read other tensors (parameters) by closure, if they live until the way back. It must do the same each time: draw
 * random numbers from forks of a stream, never from a stream that advances. Segments nest.
 *
 * @returns the value of `f`, a tensor or a tree of them
 * @throws {UsageError} on the way back: the second run did something else, or read a tensor that was changed in place
 * @cost one more forward pass of `f` for each way back (one more for each label column); without a gradient, none
 * @example
 * const w = tensor([[0.5, -1], [2, 0.25]]);
 * const x = tensor([[1, 2]]);
 * grad(() => sum(recompute((x) => tanh(matmul(x, w)), x)), w).shape;   // [2, 2]
 */
export function recompute<T extends Tree>(f: (...inputs: readonly Tensor[]) => T, ...inputs: readonly Tensor[]): T {
  const ends = active.map((by) => (by instanceof Tape ? beginSegment(by, f, inputs) : (by as SecondRun).begin(inputs)));
  try {
    return scope(() => f(...inputs));
  } finally {
    for (const end of ends) end();
  }
}

type Body = (...inputs: readonly Tensor[]) => Tree;

/** Have a tape save nothing from here on; returns what ends that. */
function beginSegment(tape: Tape, f: Body, inputs: readonly Tensor[]): () => void {
  const segment = new RecomputedSegment(tape, f);
  if (segment.outer === undefined) segment.inputs = inputs.map((t) => tape.keep(t).tensor);
  tape.segment = segment;
  return () => {
    segment.end = tape.nodes.length;
    tape.segment = segment.outer;
  };
}

/** A segment of one tape. */
class RecomputedSegment implements Segment {
  readonly start: number;
  /** The number after its last node. */
  end: number;
  readonly outer: RecomputedSegment | undefined;
  readonly inner: RecomputedSegment[] = [];
  /** Identities of the first run by those of later ones; shared with the inner segments. */
  readonly names: Map<number, number>;
  /** The tape's own; those of an inner segment are its own, from a run of the outer one until it is passed. */
  inputs: readonly Tensor[] | null = null;
  readonly #versions = new Map<number, number>();
  readonly #tape: Tape;
  readonly #f: Body;
  readonly #kept = new Map<number, Tensor>();
  #isFilled = false;

  constructor(tape: Tape, f: Body) {
    this.#tape = tape;
    this.#f = f;
    this.start = tape.nodes.length;
    this.end = this.start;
    this.outer = tape.segment as RecomputedSegment | undefined;
    this.outer?.inner.push(this);
    this.names = this.outer?.names ?? new Map();
  }

  read(inputs: readonly Tensor[]): void {
    for (const { id, storage } of inputs) if (!this.#versions.has(id)) this.#versions.set(id, storage.version);
  }

  /** @throws {UsageError} a tensor was written since the first run read it */
  checkVersion(op: string, { id, storage, shape }: Tensor): void {
    const expected = this.#versions.get(id);
    if (expected === undefined || storage.version === expected) return;
    throw new UsageError({
      where: op,
      problem: `an input [${shape.join(", ")}] was changed in place before its segment was run again for the backward pass`,
      expected: `version ${expected}`,
      got: `version ${storage.version}`,
      help: "Update parameters after the gradient was taken.",
    });
  }

  fill(): void {
    if (this.#isFilled) return;
    if (this.inputs === null) this.outer?.fill();
    this.#isFilled = true;
    const inputs = this.inputs as readonly Tensor[];
    const again = new SecondRun(this.#tape, this);
    withoutRecords(() => recorded(again, () => scope(() => void this.#f(...inputs))));
    again.finish();
  }

  keep(t: Tensor): SavedTensor {
    let tensor = this.#kept.get(t.id);
    if (tensor === undefined) {
      tensor = retain(t);
      this.#kept.set(t.id, tensor);
    }
    return { tensor, version: t.storage.version };
  }

  /** Take the inputs of an inner segment from a run of the outer one. */
  take(inputs: readonly Tensor[]): void {
    this.release();
    this.inputs = inputs.map(retain);
  }

  release(): void {
    for (const t of this.#kept.values()) t.dispose();
    this.#kept.clear();
    this.#isFilled = false;
    if (this.outer === undefined) return; // the inputs are the tape's
    for (const t of this.inputs ?? []) t.dispose();
    this.inputs = null;
  }
}

/** Follows a segment that is run again, op by op, and gives the nodes of the first run what they save. */
class SecondRun implements Recorder {
  readonly #tape: Tape;
  readonly #segment: RecomputedSegment;
  /** The innermost segment that is under way. */
  #current: RecomputedSegment;
  /** The number of the next node. */
  #next: number;
  readonly #begun = new Map<RecomputedSegment, number>();

  constructor(tape: Tape, segment: RecomputedSegment) {
    this.#tape = tape;
    this.#segment = segment;
    this.#current = segment;
    this.#next = segment.start;
  }

  record<P>(op: Op<P>, inputs: readonly Tensor[], outputs: readonly Tensor[], params: P): void {
    const { names } = this.#segment;
    const ids = inputs.map(({ id }) => names.get(id) ?? id);
    const tracked = ids.map((id) => this.#tape.isTracked({ id }));
    if (!tracked.includes(true) || outputs.every((t) => t.dtype === "int32")) return;
    const node = this.#next < this.#segment.end ? this.#tape.nodes[this.#next] : undefined;
    const isSame = node?.op === op && node.inputs.every((id, i) => id === ids[i] || !(node.tracked[i] || tracked[i]));
    if (node === undefined || !isSame) throw this.#another(op.name, node?.op.name ?? "its end");
    this.#next += 1;
    for (const t of inputs) this.#current.checkVersion(op.name, t);
    outputs.forEach((t, i) => {
      names.set(t.id, node.outputs[i] as number);
    });
    if (this.#current !== this.#segment) return; // an inner segment is filled when the way back reaches it
    const keep = (list: readonly Tensor[], indices: readonly number[] = []) =>
      new Map(indices.map((i) => [i, this.#segment.keep(list[i] as Tensor)]));
    node.savedInputs = keep(inputs, op.vjp?.saveInputs?.(params, tracked));
    node.savedOutputs = keep(outputs, op.vjp?.saveOutputs?.(params, tracked));
  }

  begin(inputs: readonly Tensor[]): () => void {
    const outer = this.#current;
    const count = this.#begun.get(outer) ?? 0;
    this.#begun.set(outer, count + 1);
    const inner = outer.inner[count];
    if (inner === undefined || inner.start !== this.#next) throw this.#another("another segment", "none");
    inner.take(inputs);
    this.#current = inner;
    return () => {
      this.#current = outer;
    };
  }

  /** @throws {UsageError} the second run ended before the first */
  finish(): void {
    if (this.#next === this.#segment.end) return;
    throw this.#another("its end", (this.#tape.nodes[this.#next] as Node).op.name);
  }

  #another(got: string, expected: string): UsageError {
    return new UsageError({
      where: "recompute",
      problem: "the function did something else when it was run again",
      expected,
      got,
      help: "It must depend on its inputs and on tensors that stay as they are, and draw from forks of a stream.",
    });
  }
}

/**
 * The tape: what happened to the watched tensors, in order, and how to go back through it.
 *
 * A tape records an op when one of its inputs descends from a watched tensor, and keeps only what that op's
 * vector–Jacobian product will read. Going backward visits the nodes in reverse and asks each for the cotangents that
 * lead to what is *wanted*; a weight that is not wanted costs nothing, which is how factored gradients skip their GEMM.
 *
 * Tapes nest: while an inner tape goes backward it no longer records, but the outer ones do, and since every VJP is made of
 * public ops, derivatives of any order follow.
 *
 * Invariant: a saved tensor is a reference of the tape's own, with the version it had; an in-place update after that
 * makes `backward` throw instead of using the new value.
 */

import {
  type AnyOp,
  add,
  adopt,
  DtypeError,
  type Op,
  pullBack,
  type Recorder,
  retain,
  type Saved,
  type Spec,
  scope,
  setRecorder,
  type Tensor,
  UsageError,
} from "@kronograd/tensor";

/** A tensor that the way back reads, and the version that it must have then. */
export interface SavedTensor {
  readonly tensor: Tensor;
  readonly version: number;
}

/** One op of a pass. */
export interface Node {
  readonly op: AnyOp;
  readonly params: unknown;
  /** Identity of each input; whether it is tracked. */
  readonly inputs: readonly number[];
  readonly tracked: readonly boolean[];
  readonly specs: readonly Spec[];
  readonly outputs: readonly number[];
  /** Empty in a segment that was not run again. */
  savedInputs: ReadonlyMap<number, SavedTensor>;
  savedOutputs: ReadonlyMap<number, SavedTensor>;
  readonly segment: Segment | undefined;
}

/** A part of the pass that saves nothing and is run again on the way back; made by `recompute`. */
export interface Segment {
  /** The number of its first node. */
  readonly start: number;
  /** The segment that it is a part of. */
  readonly outer: Segment | undefined;
  /** Hear which tensors an op of it reads, in the first run. */
  read(inputs: readonly Tensor[]): void;
  /** Run it again, unless that was done, so that its nodes have what they save. */
  fill(): void;
  /** Drop what they save: the way back has passed it. */
  release(): void;
}

/** Whoever is told of ops now: tapes, and segments that are run again. */
export const active: Recorder[] = [];
let outerRecorder: Recorder | undefined;

/** One recorder feeds every active tape, then whoever had the slot before (a FLOP counter). */
const recorder: Recorder = {
  record(op, inputs, outputs, params) {
    for (const tape of active) tape.record(op, inputs, outputs, params);
    outerRecorder?.record(op, inputs, outputs, params);
  },
};

/** Run `f` with one more recorder. */
export function recorded<T>(by: Recorder, f: () => T): T {
  if (active.length === 0) outerRecorder = setRecorder(recorder);
  active.push(by);
  try {
    return f();
  } finally {
    active.splice(active.lastIndexOf(by), 1);
    if (active.length === 0) {
      setRecorder(outerRecorder);
      outerRecorder = undefined;
    }
  }
}

/** Record of the ops on watched tensors. Dispose of it to free what it saved. */
export class Tape implements Disposable {
  /** In the order of the pass. */
  readonly nodes: Node[] = [];
  /** The segment that is recorded now, if any. */
  segment: Segment | undefined;
  readonly #tracked = new Set<number>();
  /** References of the tape's own, by tensor identity: a tensor that many ops save is kept once. */
  readonly #kept = new Map<number, Tensor>();

  /** Tensors that the tape keeps alive. */
  get savedTensors(): number {
    return this.#kept.size;
  }

  /** Start to follow a tensor: gradients can be asked for it. @throws {DtypeError} it holds whole numbers */
  watch(t: Tensor): void {
    if (t.dtype === "int32")
      throw new DtypeError({
        where: "grad",
        problem: "whole numbers have no gradient",
        got: t.dtype,
        help: "Use floats.",
      });
    this.#tracked.add(t.id);
  }

  isTracked({ id }: Pick<Tensor, "id">): boolean {
    return this.#tracked.has(id);
  }

  /** How many recorded ops read a tensor. */
  uses(t: Tensor): number {
    return this.nodes.filter((node) => node.inputs.includes(t.id)).length;
  }

  /** Run `f` with this tape recording. */
  run<T>(f: () => T): T {
    return recorded(this, f);
  }

  /** Called by dispatch, through the recorder slot. */
  record<P>(op: Op<P>, inputs: readonly Tensor[], outputs: readonly Tensor[], params: P): void {
    const tracked = inputs.map((t) => this.#tracked.has(t.id));
    if (!tracked.includes(true) || outputs.every((t) => t.dtype === "int32")) return;
    const { segment } = this;
    segment?.read(inputs);
    const keep = (list: readonly Tensor[], indices: readonly number[] = []) =>
      new Map(segment ? [] : indices.map((i) => [i, this.keep(list[i] as Tensor)]));
    this.nodes.push({
      op,
      params,
      inputs: inputs.map((t) => t.id),
      tracked,
      specs: inputs.map(({ shape, dtype }) => ({ shape, dtype })),
      outputs: outputs.map((t) => t.id),
      savedInputs: keep(inputs, op.vjp?.saveInputs?.(params, tracked)),
      savedOutputs: keep(outputs, op.vjp?.saveOutputs?.(params, tracked)),
      segment,
    });
    for (const t of outputs) if (t.dtype !== "int32") this.#tracked.add(t.id);
  }

  /** Keep a tensor until the tape is disposed of. */
  keep(t: Tensor): SavedTensor {
    let tensor = this.#kept.get(t.id);
    if (tensor === undefined) {
      tensor = retain(t);
      this.#kept.set(t.id, tensor);
    }
    return { tensor, version: t.storage.version };
  }

  /**
   * Cotangents of the wanted tensors, given cotangents of some results; null where no path leads there.
   *
   * May be called several times (label columns, Jacobian rows) until the tape is disposed of.
   *
   * @param finish  gets each wanted tensor's cotangent once it is whole and the way back has passed it, and may shrink it
   * @throws {UsageError} a saved tensor was changed in place, or a path leads through an op without a derivative
   */
  backward(
    seeds: readonly (readonly [Tensor, Tensor])[],
    wanted: readonly Tensor[],
    finish: (id: number, cotangent: Tensor) => Tensor = (_, cotangent) => cotangent,
  ): (Tensor | null)[] {
    const wantedIds = new Set(wanted.map((t) => t.id));
    const cotangents = new Map<number, Tensor>();
    for (const [result, seed] of seeds) accumulate(cotangents, result.id, retain(seed));
    try {
      this.#walk(cotangents, wantedIds, finish);
    } catch (error) {
      for (const cotangent of cotangents.values()) cotangent.dispose();
      throw error;
    } finally {
      for (const { segment } of this.nodes) for (let each = segment; each; each = each.outer) each.release();
    }
    const results = wanted.map((t) => cotangents.get(t.id) ?? null);
    const returned = new Set(results);
    for (const cotangent of cotangents.values()) if (!returned.has(cotangent)) cotangent.dispose();
    for (const cotangent of returned) if (cotangent?.home === "owner") adopt(cotangent);
    return results;
  }

  /** Visit the nodes in reverse, moving cotangents from outputs to inputs. */
  #walk(
    cotangents: Map<number, Tensor>,
    wantedIds: ReadonlySet<number>,
    finish: (id: number, cotangent: Tensor) => Tensor,
  ): void {
    const leadsThere = this.#descendants(wantedIds);
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i] as Node;
      for (let next = this.nodes[i + 1]?.segment; next?.start === i + 1; next = next.outer) next.release();
      if (!node.outputs.some((id) => cotangents.has(id))) continue;
      const needs = node.inputs.map((id, k) => (node.tracked[k] as boolean) && leadsThere.has(id));
      const incoming = node.outputs.map((id) => cotangents.get(id) ?? null);
      if (needs.includes(true)) {
        node.segment?.fill();
        const results = scope(() => pull(node, incoming, needs));
        const taken = new Set<Tensor | null>(incoming);
        results.forEach((cotangent, k) => {
          if (cotangent === null || !needs[k]) return;
          const shared = taken.has(cotangent) || cotangent.home === "owner"; // passed through, or a saved tensor itself
          accumulate(cotangents, node.inputs[k] as number, shared ? retain(cotangent) : cotangent);
          taken.add(cotangent);
        });
      }
      for (const id of node.outputs) {
        const cotangent = cotangents.get(id);
        if (cotangent === undefined) continue;
        cotangents.delete(id);
        const kept = wantedIds.has(id) && scope(() => finish(id, cotangent));
        if (kept) cotangents.set(id, kept);
        if (kept !== cotangent) cotangent.dispose();
      }
    }
  }

  /** Everything computed from the given tensors, and they themselves. */
  #descendants(ids: ReadonlySet<number>): Set<number> {
    const found = new Set(ids);
    for (const node of this.nodes) {
      if (node.inputs.some((id) => found.has(id))) for (const id of node.outputs) found.add(id);
    }
    return found;
  }

  [Symbol.dispose](): void {
    for (const t of this.#kept.values()) t.dispose();
    this.#kept.clear();
    this.nodes.length = 0;
  }
}

/** Use a tape that watches some tensors, and dispose of it. A `using` declaration would cost bundles a helper. */
export function withTape<T>(watched: readonly Tensor[], f: (tape: Tape) => T): T {
  const tape = new Tape();
  for (const t of watched) tape.watch(t);
  try {
    return f(tape);
  } finally {
    tape[Symbol.dispose]();
  }
}

function pull(node: Node, cotangents: readonly (Tensor | null)[], needs: readonly boolean[]): (Tensor | null)[] {
  const { op } = node;
  if (op.vjp === undefined) {
    throw new UsageError({
      where: op.name,
      problem: `has no derivative: ${op.noVjp}`,
      help: "Use detach(x) where no gradient is meant.",
    });
  }
  const read = (kind: string, saved: ReadonlyMap<number, SavedTensor>, i: number): Tensor => {
    const entry = saved.get(i);
    if (entry === undefined)
      throw new UsageError({
        where: op.name,
        problem: `its vjp reads ${kind} ${i}, which it did not declare as saved`,
      });
    if (entry.tensor.storage.version !== entry.version) {
      throw new UsageError({
        where: op.name,
        problem: `${kind} ${i} [${entry.tensor.shape.join(", ")}] was changed in place after it was saved for the backward pass`,
        expected: `version ${entry.version}`,
        got: `version ${entry.tensor.storage.version}`,
        help: "Update parameters after the gradient was taken.",
      });
    }
    return entry.tensor;
  };
  const saved: Saved = {
    specs: node.specs,
    needs,
    input: (i) => read("input", node.savedInputs, i),
    output: (i) => read("output", node.savedOutputs, i),
  };
  return pullBack(op.vjp, cotangents, saved, node.params);
}

/** Add a cotangent that the tape owns (or a scope does) to what has arrived so far. */
function accumulate(cotangents: Map<number, Tensor>, id: number, arriving: Tensor): void {
  const present = cotangents.get(id);
  if (present === undefined) {
    cotangents.set(id, arriving);
    return;
  }
  cotangents.set(id, add(present, arriving));
  present.dispose();
  arriving.dispose();
}

/** How a block learns from a step: its records are observed part by part, merged, checked, and joined to its state. */

import type { Gradient, LayerRecord } from "@kronograd/autograd";
import type { Tensor } from "@kronograd/tensor";
import type { CurvatureContext, Seen, Statistic } from "../curvature-method.ts";
import { storedTensors } from "../direction.ts";
import type { StateTree } from "../state/state.ts";
import type { StepContext } from "../transform.ts";
import { bothFinite, finiteness } from "./guard.ts";
import { mergeParts, type Observed } from "./merge.ts";
import type { Examples } from "./some-examples.ts";
import type { Unit } from "./units.ts";

/** A statistic whose types the driver does not ask about. */
// biome-ignore lint/suspicious/noExplicitAny: states and statistics are the method's own affair
export type AnyStatistic = Statistic<any, any>;

/** A state that has learnt, and what must be finite for it to hold. */
export interface Joined {
  readonly state: StateTree;
  /** Whether the factors of the unit's gradient are the rows that were observed. */
  readonly sameRows: boolean;
  readonly guarded: readonly Tensor[];
}

/** The records of a step's parts, or windows of them where a method looks at some examples only. */
export function recordsSeen(
  records: readonly LayerRecord[],
  examples: Examples | undefined,
  look: number,
  { rows }: Pick<StepContext, "rows">,
): readonly LayerRecord[] {
  if (examples === undefined) return records;
  const total = rows?.total ?? records.reduce((count, record) => count + record.examples, 0);
  let from = rows?.from ?? 0;
  return records.flatMap((record) => {
    const window = examples(record, look, { from, total });
    from += record.examples;
    return window ?? [];
  });
}

/** The statistic of each part. */
export function observeParts(
  { observe }: AnyStatistic,
  records: readonly LayerRecord[],
  state: StateTree,
  context: CurvatureContext,
): Observed[] {
  return records.map((record) => ({ batch: observe?.(record, context, state) ?? null, examples: record.examples }));
}

/**
 * A unit's state with the step's statistic joined.
 *
 * @param records  the records that were observed here
 * @param parts    what they, and those of other workers, gave; empty without `observe`
 * @returns        null where the statistic, or the gradients that a method without `observe` reads, are not finite; with the
 *   state, the values that must be finite where the device cannot say it at once
 */
export function joined(
  where: string,
  statistic: AnyStatistic,
  unit: Unit,
  state: StateTree,
  { records, parts }: { readonly records: readonly LayerRecord[]; readonly parts: readonly Observed[] },
  own: CurvatureContext,
): Joined | null {
  const gradient = unit.gradient();
  const labelGradient = unit.labelGradient();
  const observes = statistic.observe !== undefined;
  const batch = observes ? mergeParts(where, parts.map((part) => part.batch), statistic.merge) : undefined; // biome-ignore format: one line
  const entering = observes ? batch : [...storedTensors(gradient)];
  const finite = bothFinite(finiteness(entering), () => finiteness(labelGradient && [...storedTensors(labelGradient)]));
  if (finite === false) return null;
  const examples = (observes ? parts : unit.records).reduce((count, part) => count + part.examples, 0);
  const wasWhole = parts.length === 1 && records.length === 1 && records[0] === unit.records[0];
  const sameRows = wasWhole && areRowsOf(gradient, records);
  const seen: Seen<StateTree, "block"> = {
    ...(batch !== undefined && { batch }),
    gradient,
    ...(labelGradient !== undefined && { labelGradient }),
    examples,
  };
  return { state: statistic.join(state, seen, own), sameRows, guarded: finite === true ? [] : finite };
}

/** Whether a gradient's factors are the rows of a record that was seen whole. */
function areRowsOf({ factors }: Gradient, [record]: readonly LayerRecord[]): boolean {
  const [use, ...more] = record?.uses ?? [];
  const isOne = use !== undefined && more.length === 0 && record?.labels === "empirical";
  return isOne && factors !== undefined && factors.a.id === use.input.id;
}

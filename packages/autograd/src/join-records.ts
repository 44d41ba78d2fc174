/** The records of several micro-batches as the record of the batch that they make up. */

import { concat, type Tensor, UsageError } from "@kronograd/tensor";
import { type LayerRecord, layerRecord, type RecordWeights } from "./layer-record.ts";

/**
 * Put the examples of several records of one layer after each other. Output gradients are those of each example's own
 * loss, so every statistic is that of the whole batch.
 *
 * @throws {UsageError} there is none, or they differ in layer, uses or label columns
 */
export function joinRecords(records: readonly LayerRecord[]): LayerRecord {
  const [first] = records;
  if (first === undefined) throw new UsageError({ where: "joinRecords", problem: "there is no record to join" });
  const columnsOf = (record: LayerRecord) => record.uses.map(({ outputGrads }) => outputGrads.length).join(" + ");
  for (const { name, labels, ...rest } of records.map((record) => ({ ...record, columns: columnsOf(record) }))) {
    if (name === first.name && labels === first.labels && rest.columns === columnsOf(first)) continue;
    throw new UsageError({
      where: "joinRecords",
      problem: "records of different layers or captures do not join",
      expected: `${first.name}, ${first.labels} labels, label columns ${columnsOf(first)}`,
      got: `${name}, ${labels} labels, label columns ${rest.columns}`,
    });
  }
  const joined = (pick: (record: LayerRecord) => Tensor): Tensor => concat(records.map(pick), 0);
  const uses = first.uses.map(({ outputGrads, transposed }, u) => ({
    input: joined((record) => record.uses[u]!.input),
    outputGrads: outputGrads.map((_, column) => joined((record) => record.uses[u]!.outputGrads[column]!)),
    ...(transposed && { transposed }),
  }));
  const { name, geometry, hasBias, labels, read, total } = first;
  const weights = joinWeights(records.map((record) => record.weights));
  const whole = records.every((record) => record.total === record.examples); // not parts of a step, but batches of their own
  return layerRecord({ name, geometry, hasBias, labels, read, uses, weights, ...(!whole && { total }) });
}

function joinWeights(all: readonly (RecordWeights | undefined)[]): RecordWeights | undefined {
  const [first] = all;
  const known = all.filter((weights) => weights !== undefined);
  if (first === undefined || known.length < all.length) return undefined;
  const { examples, positions, count } = first;
  return {
    ...first,
    examples: examples && concat(known.map((weights) => weights.examples as Tensor)),
    count: count && concat(known.map((weights) => weights.count as Tensor)),
    positions:
      positions === null
        ? null
        : positions.map((_, use) => concat(known.map((weights) => weights.positions?.[use] as Tensor))),
  };
}

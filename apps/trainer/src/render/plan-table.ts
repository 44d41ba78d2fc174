/** What will be done, before the first step: the head line, and a row for each layer of each rival with curvature. */

import type { Dataset } from "@kronograd/data";
import { columns } from "@kronograd/figures";
import { bytes, count, listing, short } from "@kronograd/figures/format";
import type { RunEvent } from "@kronograd/train";

type Plan = Extract<RunEvent, { type: "plan" }>;

/** "mnist · 60,000 train / 10,000 test · mlp:128,64 · 109,386 parameters · cpu (JavaScript, one thread)". */
export function headLine(
  data: Dataset,
  model: string,
  { parameters, device, rows }: Pick<Plan, "parameters" | "device" | "rows">,
): string {
  const { train, validation, test } = rows;
  const held = validation === 0 ? [] : [`${count(validation)} validation`];
  const split = [`${count(train)} train`, ...held, `${count(test)} test`].join(" / ");
  return [data.name, split, model, `${count(parameters)} parameters`, device].join(" · ");
}

/** The layers of one rival, or a line that says that there is nothing to say. */
export function planTable(name: string, { layers, peakBytes }: Plan): string[] {
  const peak = peakBytes === undefined ? "" : `a step needs about ${bytes(peakBytes)} at its peak`;
  if (layers.every(({ form }) => form === "")) {
    return [`plan of ${name}: the plain gradient in every layer${peak === "" ? "" : `; ${peak}`}`];
  }
  const curved = layers.filter(({ form }) => form !== "");
  const rest = layers.filter(({ form }) => form === "").map((layer) => layer.name);
  const rows = curved.map(({ name: layer, shape, form, flops, bytes: kept, precision }) => [
    layer,
    `[${shape.join(", ")}]`,
    form,
    short(flops),
    bytes(kept),
    precision,
  ]);
  const table = columns([["layer", "weight", "curvature", "flops/step", "kept", "precision"], ...rows], [0, 1, 2, 5]);
  return [
    `plan of ${name}`,
    ...table.map((line) => `  ${line}`),
    ...(rest.length === 0 ? [] : [`  plain gradient: ${listing(rest)}`]),
    ...(peak === "" ? [] : [`  ${peak}`]),
  ];
}

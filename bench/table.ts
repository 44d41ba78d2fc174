/** Rows as text. */

import { columns } from "@kronograd/figures";
import { limitName, type Row } from "./row.ts";

const headings = ["case", "rival", "ours", "rival's", "", "ratio", "p90", "target", "met", "control"] as const;

/** One table for a topic; columns line up. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => [...cells(row), row.note ?? ""]);
  return columns([[...headings], ...lines], [0, 1, 4, headings.length]).join("\n");
}

function cells(row: Row): string[] {
  if (row.rivalName === limitName) return limitCells(row);
  const { ratio, p90, target, cost } = row;
  const shown = (value: number | null) => (value === null ? "" : digits(cost ? 1 / value : value));
  return [
    row.case,
    row.rivalName,
    row.ours === null ? "" : digits(row.ours),
    row.rival === null ? "" : digits(row.rival),
    row.unit,
    shown(ratio),
    shown(p90),
    target === null ? "" : `${cost ? "≤" : "≥"} ${digits(cost ? 1 / target : target)}`,
    verdict(row),
    row.control === null ? "" : digits(row.control),
  ];
}

/** A plain number has no ratio. */
function limitCells(row: Row): string[] {
  const [ours, limit] = [row.ours, row.rival].map((value) => (value === null ? "" : digits(value))) as [string, string];
  return [row.case, "", ours, "", row.unit, "", "", limit === "" ? "" : `≤ ${limit}`, verdict(row), ""];
}

const verdict = ({ met }: Row): string => (met === null ? "" : met ? "yes" : "NO");

/** Three digits that mean something. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

/** How many targets were met, of those that were measured. */
export function summary(rows: readonly Row[]): string {
  const judged = rows.filter(({ met }) => met !== null);
  const missing = rows.filter(({ target, met }) => target !== null && met === null);
  const tail = missing.length === 0 ? "" : `, ${missing.length} not measured`;
  return `${judged.filter(({ met }) => met).length} of ${judged.length} targets met${tail}`;
}

/** Which checkpoint a run goes on from, or is looked at. */

import { UsageError } from "@kronograd/tensor";

/** The last checkpoint, the best, or the one of a step. */
export type From = "last" | "best" | number;

/** Read the text of `--from`. @throws {UsageError} it is none of them */
export function parseFrom(text: string): From {
  if (text === "last" || text === "best") return text;
  const step = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(step) && step >= 0) return step;
  throw new UsageError({
    where: "--from",
    problem: "there is no such checkpoint",
    expected: "last, best or a step",
    got: text,
  });
}

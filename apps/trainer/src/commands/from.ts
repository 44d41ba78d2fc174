/** `--from`: which checkpoint. */

import { UsageError } from "@kronograd/tensor";
import type { From } from "../runs/entry.ts";

/** Read "last", "best" or a step. @throws {UsageError} it is none of them */
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

/** Losses from their texts, for the data that they are losses of. */

import type { Loss } from "@kronograd/autograd";
import type { Dataset } from "@kronograd/data";
import { UsageError } from "@kronograd/tensor";
import { find } from "../catalogs/catalog.ts";
import { losses } from "../catalogs/index.ts";
import { type OptionValues, parseCall } from "../text/call.ts";
import { bareSurroundings, isFile, type Surroundings } from "./surroundings.ts";

/** The loss that a task has unless another is named. */
export const defaultLosses = { classification: "softmaxCrossEntropy", regression: "meanSquaredError" } as const;

/**
 * Open a loss: `huber`, `softmaxCrossEntropy(labelSmoothing=0.1)`, or a file whose default export makes one.
 *
 * Without a text it is the loss that is usual for the data.
 *
 * @throws {UsageError} an unknown loss (with the nearest that exists), an option that it does not have, or a loss of another task
 */
export async function openLoss(
  text: string | undefined,
  data: Pick<Dataset, "name" | "task">,
  { load }: Pick<Surroundings, "load"> = bareSurroundings,
): Promise<Loss> {
  const { name, options: given } = parseCall("--loss", text ?? defaultLosses[data.task]);
  if (isFile(name)) return fromFile(name, await load(name, "a loss"), given);
  const { entry, options } = find(losses, text ?? defaultLosses[data.task], "a file");
  if (entry.task !== data.task) {
    const fitting = losses.entries.filter(({ task }) => task === data.task).map((each) => each.name);
    throw new UsageError({
      where: "--loss",
      problem: `"${entry.name}" is a loss of ${entry.task}, and the task of data set "${data.name}" is ${data.task}`,
      expected: `one of ${fitting.join(", ")}`,
      details: { loss: entry.name, task: data.task },
    });
  }
  return entry.make(options);
}

function fromFile(file: string, exported: (...values: never[]) => unknown, options: OptionValues): Loss {
  const made = (exported as (options: OptionValues) => unknown)(options);
  if (typeof made === "object" && made !== null && "value" in made && typeof made.value === "function")
    return made as Loss;
  throw new UsageError({
    where: file,
    problem: "does not make a loss",
    expected: "an object with name, value and what else a Loss has",
    got: typeof made,
  });
}

/** Models from their texts: `mlp:128,64`, `lenet`, `mlp:32,32(activation=tanh)`, or a file of the user's own. */

import type { Dataset } from "@kronograd/data";
import { type Layer, parameters } from "@kronograd/layers";
import { ShapeError, scope, UsageError, zeros } from "@kronograd/tensor";
import { find } from "../catalogs/catalog.ts";
import { models } from "../catalogs/index.ts";
import type { ModelContext, ModelEntry } from "../catalogs/model.ts";
import { parseCall, printCall } from "../text/call.ts";
import { bareSurroundings, isFile, type Surroundings } from "./surroundings.ts";

/** A model that can be made again and again with other initial weights. */
export type ModelMaker = (context: Pick<ModelContext, "rng" | "device" | "dtype">) => Layer;

/**
 * Find the model of a text, and try it on the data before anything is trained.
 *
 * @throws {UsageError} an unknown model (with the nearest that exists), or widths that cannot be read
 * @throws {ShapeError} model and data do not fit together
 */
export async function openModel(
  text: string,
  data: Pick<Dataset, "name" | "inputShape" | "classes" | "targetShape">,
  { load }: Pick<Surroundings, "load"> = bareSurroundings,
): Promise<ModelMaker> {
  const outputs = data.classes ?? data.targetShape.reduce((a, b) => a * b, 1);
  const { inputShape } = data;
  if (isFile(text)) {
    const make = (await load(text, "a model")) as (context: ModelContext) => Layer;
    return (placement) => {
      const model = make({ inputShape, outputs, ...placement });
      checkFit(text, model, data, outputs);
      return model;
    };
  }
  const { entry, options } = findModel(text);
  if (entry.images && inputShape.length !== 3) {
    throw new ShapeError({
      where: `model ${entry.name}`,
      problem: `takes images, and data set "${data.name}" has none`,
      expected: "[channels, height, width]",
      got: inputShape,
      help: "Use mlp.",
    });
  }
  return (placement) => {
    const model = entry.make({ inputShape, outputs, ...placement }, options);
    checkFit(text, model, data, outputs);
    return model;
  };
}

/** Take `mlp:128,64(activation=tanh)` apart: name, widths, options. */
function findModel(text: string) {
  const { name, options } = parseCall("--model", text);
  const [kind = "", list] = name.split(":");
  const found = find(models, printCall({ name: kind, options }), "a file");
  return { entry: found.entry, options: { ...found.options, widths: widthsOf(text, found.entry, list) } };
}

function widthsOf(text: string, { form }: ModelEntry, list: string | undefined): number[] {
  const takes = form.includes(":");
  const widths = list === undefined ? [] : list.split(",").map((width) => (width === "" ? Number.NaN : Number(width)));
  if (takes === (list !== undefined) && widths.every((width) => Number.isSafeInteger(width) && width >= 1))
    return widths;
  throw new UsageError({
    where: "--model",
    problem: `model "${text}" cannot be read`,
    expected: takes ? `widths, as in ${form}` : form,
  });
}

/** Run one example of zeros through: a layer that does not fit names itself. */
function checkFit(
  text: string,
  model: Layer,
  { name, inputShape, classes }: Pick<Dataset, "name" | "inputShape" | "classes">,
  outputs: number,
): void {
  const [first] = Object.values(parameters(model));
  const placement = first === undefined ? {} : { device: first.device, dtype: first.dtype };
  const shape = scope(() => model.forward(zeros([1, ...inputShape], placement), { training: false }).shape);
  if (shape.length === 2 && shape[1] === outputs) return;
  throw new ShapeError({
    where: `model ${text}`,
    problem: `its outputs do not fit data set "${name}"`,
    expected: ["N", outputs],
    got: ["N", ...shape.slice(1)],
    help:
      classes === undefined
        ? "One output for each number to predict."
        : `One output for each of the ${classes} classes.`,
  });
}

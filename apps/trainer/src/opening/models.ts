/** Models by a short text: `mlp:128,64`, `cnn:8,16`, `lenet`, `vgg`, `resnet20`, or a file of the user's own. */

import type { Dataset } from "@kronograd/data";
import {
  Conv2d,
  Dense,
  flatten,
  type Layer,
  leNet,
  maxPool2d,
  mlp,
  parameters,
  relu,
  resNet20,
  Sequential,
  vgg,
} from "@kronograd/layers";
import { type Device, type Dtype, nearest, type Rng, ShapeError, scope, UsageError, zeros } from "@kronograd/tensor";
import { isFile } from "../configuration/rivals.ts";
import { loadPlugIn } from "./plug-in.ts";

/** What a model is made for, and from. A file's default export is called with this. */
export interface ModelContext {
  /** Shape of one example. */
  readonly inputShape: readonly number[];
  /** Classes, or numbers to predict. */
  readonly outputs: number;
  readonly rng: Rng;
  readonly device: Device;
  readonly dtype: Dtype;
}

/** One kind of model. */
interface ModelKind {
  readonly summary: string;
  /** How it is written. */
  readonly form: string;
  /** Whether it wants images [channels, height, width]. */
  readonly images: boolean;
  make(context: ModelContext, widths: readonly number[]): Layer;
}

/** The models that are known by name. */
export const models: Readonly<Record<string, ModelKind>> = {
  mlp: {
    summary: "dense layers with ReLU between them; images are flattened",
    form: "mlp:128,64",
    images: false,
    make({ inputShape, outputs, ...placement }, widths) {
      const inputs = inputShape.reduce((a, b) => a * b, 1);
      const { layers } = mlp([inputs, ...widths, outputs]);
      return new Sequential(inputShape.length > 1 ? { flatten: flatten(), ...layers } : layers, placement);
    },
  },
  cnn: {
    summary: "3 × 3 convolutions, each with ReLU and pooling, then one dense layer",
    form: "cnn:8,16",
    images: true,
    make({ inputShape, outputs, ...placement }, widths) {
      const [channels, height, width] = inputShape as [number, number, number];
      const blocks = widths.flatMap((out, i) => [
        new Conv2d({ in: widths[i - 1] ?? channels, out, kernel: 3, padding: 1 }),
        relu(),
        maxPool2d(2),
      ]);
      const left = (size: number) => Math.floor(size / 2 ** widths.length);
      const features = (widths.at(-1) ?? channels) * left(height) * left(width);
      return new Sequential([...blocks, flatten(), new Dense({ in: features, out: outputs })], placement);
    },
  },
  lenet: {
    summary: "two 5 × 5 convolutions and two dense layers",
    form: "lenet",
    images: true,
    make: ({ inputShape: [channels = 1, size = 28], outputs, ...placement }) =>
      leNet({ in: channels, size, classes: outputs, ...placement }),
  },
  vgg: {
    summary: "six 3 × 3 convolutions in three stacks",
    form: "vgg",
    images: true,
    make: ({ inputShape: [channels = 3], outputs, ...placement }) =>
      vgg({ in: channels, classes: outputs, ...placement }),
  },
  resnet20: {
    summary: "ResNet-20 with batch norm",
    form: "resnet20",
    images: true,
    make: ({ inputShape: [channels = 3], outputs, ...placement }) =>
      resNet20({ in: channels, classes: outputs, ...placement }),
  },
};

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
): Promise<ModelMaker> {
  const outputs = data.classes ?? data.targetShape.reduce((a, b) => a * b, 1);
  const { inputShape } = data;
  if (isFile(text)) {
    const make = (await loadPlugIn(text, "a model")) as (context: ModelContext) => Layer;
    return (placement) => {
      const model = make({ inputShape, outputs, ...placement });
      checkFit(text, model, data, outputs);
      return model;
    };
  }
  const [name = "", list] = text.split(":");
  const kind = kindOf(name, text);
  if (kind.images && inputShape.length !== 3) {
    throw new ShapeError({
      where: `model ${name}`,
      problem: `takes images, and data set "${data.name}" has none`,
      expected: "[channels, height, width]",
      got: inputShape,
      help: "Use mlp.",
    });
  }
  const widths = widthsOf(text, kind, list);
  return (placement) => {
    const model = kind.make({ inputShape, outputs, ...placement }, widths);
    checkFit(text, model, data, outputs);
    return model;
  };
}

function kindOf(name: string, text: string): ModelKind {
  const found = Object.hasOwn(models, name) ? models[name] : undefined;
  if (found !== undefined) return found;
  const guess = nearest(name, Object.keys(models));
  throw new UsageError({
    where: "--model",
    problem: `unknown model "${text}"`,
    expected: `one of ${Object.values(models)
      .map(({ form }) => form)
      .join(", ")}, or a file`,
    help: `${guess === undefined ? "" : `Did you mean "${guess}"? `}(kronograd list models)`,
    details: { name, guess },
  });
}

function widthsOf(text: string, { form }: ModelKind, list: string | undefined): number[] {
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

/**
 * The contract of a layer: a function of a tensor, or of a tree of tensors, with parameters and buffers of its own, and children.
 *
 * There is no base class. Everything that concerns a whole model (names, initial values, groups, the summary) walks the
 * children from outside (`tree.ts`), so a layer says only what is its own.
 */

import type { heldTensors, Placement, Rng, Tensor, Tree } from "@kronograd/tensor";

/** Mode of a forward pass. Containers pass it on, with `rng` forked by the child's name. */
export interface Mode {
  /** Dropout drops, and batch norm uses the statistics of the batch. */
  readonly training: boolean;
  /** The stream of this step. Layers draw from forks of it and never advance it, so the same pass gives the same masks. */
  readonly rng?: Rng;
  /**
   * Take a buffer's next value. Only the training driver passes this, and it writes after the step; passes without it
   * (curvature products, trial losses, more labels) leave buffers alone. The value lives as long as the pass's scope: retain it.
   */
  readonly commit?: (buffer: Tensor, value: Tensor) => void;
  /**
   * Positions of the sequences that are there (1), and padding (0), [B, S]: attention sees the former only, means are over
   * them, and curvature leaves the others out.
   */
  readonly mask?: Tensor | undefined;
  /** See what every layer returned. */
  readonly observe?: (layer: Layer<Tree>, output: Tensor) => void;
}

/** Context for making a layer's parameters. */
export interface InitContext extends Placement {
  readonly rng: Rng;
  /** The layer's full name in the model, "block1.conv2". */
  readonly name: string;
}

/** Role of a parameter: weight decay leaves biases and norms out, curvature is for weights with a LayerRecord. */
export type ParameterRole = "weight" | "bias" | "norm" | "embedding";

/**
 * A function that may hold parameters, buffers and other layers. Its input is one tensor, or a tree of them: a model of two
 * inputs is a `Layer<{ image: Tensor; text: Tensor }>`. Any layer is a `Layer<Tree>`.
 */
export interface Layer<In extends Tree = Tensor> {
  /** Its kind, in a word: containers number their children by it ("dense1"). */
  readonly kind: string;
  /** Options it was made with, for summaries, files of weights and checkpoints, which tell two models apart by it. */
  readonly options?: object | undefined;
  forward(x: In, mode: Mode): Tensor;
  /** Its own parameters ("weight", "bias"), without its children's. @throws {UsageError} not initialized yet */
  parameters?(): Readonly<Record<string, Tensor>>;
  /** Its own state that is not trained (running statistics). @throws {UsageError} not initialized yet */
  buffers?(): Readonly<Record<string, Tensor>>;
  children?(): Readonly<Record<string, Layer<Tree>>>;
  /** Take a name, and make parameters and buffers unless they exist. Children are initialized by the tree walk. */
  init?(context: InitContext): void;
  /** Role of one of its parameters (default: "bias" is a bias, anything else a weight). */
  role?(parameter: string): ParameterRole;
  /** Tensors that a scope must keep when the layer is its result: its own tensors, and its children. */
  [heldTensors]?(): unknown;
}

/** Run a layer as the child called `name`: its random numbers are its own, and the observer sees its output. */
export function callLayer<In extends Tree>(layer: Layer<In>, name: string, x: In, mode: Mode): Tensor {
  const output = layer.forward(x, mode.rng === undefined ? mode : { ...mode, rng: mode.rng.fork(name) });
  mode.observe?.(layer, output);
  return output;
}

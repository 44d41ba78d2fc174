/**
 * Label columns of losses whose Hessian in the outputs is diagonal: H = diag(r ∘ r).
 *
 * A label column c is a cotangent of the outputs with E[c cᵀ] = H for each example (METHODS.md §3.1). From the root r these
 * follow at once: exact are the columns r_k e_k, one for each output element k; random signs and standard normals give one
 * column each, whose second moment is H on average.
 */

import { generate, mul, type Rng, randomSign, sizeOf, type Tensor } from "@kronograd/tensor";

/** r_k e_k for each output element k of an example; all examples at once. */
export function* unitColumns(root: Tensor): Generator<Tensor> {
  const [, ...rest] = root.shape;
  for (let k = 0; k < sizeOf(rest); k++)
    yield mul(
      root,
      generate([1, ...rest], root, (i) => (i === k ? 1 : 0)),
    );
}

/** r ∘ ε with independent signs. */
export function signedColumn(root: Tensor, rng: Rng): Tensor {
  return mul(root, signs(root, rng));
}

/** Independent signs in the shape of a tensor. */
export function signs(like: Tensor, rng: Rng): Tensor {
  return generate(like.shape, like, () => randomSign(rng));
}

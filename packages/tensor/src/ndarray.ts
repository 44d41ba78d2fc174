/**
 * `@kronograd/tensor/ndarray`: exchange with scijs `ndarray` views, `{ data, shape, stride, offset }`.
 *
 * On a device that computes in arrays of its host's own (`cpu`) both directions share memory: what one side writes, the
 * other sees, and a tape cannot know of it, so treat shared values as constants. Elsewhere, and for element types that
 * tensors do not have, values are copied. The package `ndarray` itself is not imported.
 */

import { UsageError } from "./errors.ts";
import { offsetsOf } from "./layout/offsets.ts";
import { tensor } from "./tensor/create.ts";
import { type Placement, placed } from "./tensor/defaults.ts";
import { dtypeOf, isTypedArray, type TypedArray } from "./tensor/dtype.ts";
import { extentOf, type Layout, type Shape, stridesOf } from "./tensor/shape.ts";
import { Storage } from "./tensor/storage.ts";
import { Tensor } from "./tensor/tensor.ts";

/** The public fields of an ndarray view. */
export interface NdarrayView {
  /** A typed array, an array, or an object with `get`. */
  readonly data: ArrayLike<number> | { readonly length: number; get(index: number): number };
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** The function that the package `ndarray` exports. */
export type NdarrayConstructor<View extends NdarrayView> = (
  data: TypedArray,
  shape: number[],
  stride: number[],
  offset: number,
) => View;

/**
 * A tensor with the elements of an ndarray view.
 *
 * Without a copy where the device allows it, the data is a Float32Array, Float64Array or Int32Array and no other dtype is asked
 * for; other numbers take the ambient dtype, other typed arrays of integers too.
 *
 * @throws {UsageError} the view reaches outside of its data
 * @example
 * fromNdarray(ndarray(new Float64Array([1, 2, 3, 4]), [2, 2]).transpose(1, 0));   // [[1, 3], [2, 4]]
 */
export function fromNdarray(view: NdarrayView, placement: Placement = {}): Tensor {
  const { data, shape, stride, offset } = view;
  const layout: Layout = { shape: [...shape], strides: [...stride], offset };
  const [first, last] = extentOf(layout);
  if (last >= first && (first < 0 || last >= data.length)) {
    throw new UsageError({
      where: "fromNdarray",
      problem: "the view reaches outside of its data",
      expected: `0 … ${data.length - 1}`,
      got: [first, last],
    });
  }
  const own = isTypedArray(data) ? { dtype: dtypeOf(data) } : {};
  const { device, dtype } = placed({ ...own, ...placement });
  const { wrap } = device.backend;
  if (wrap !== undefined && isTypedArray(data) && dtype === dtypeOf(data)) {
    return new Tensor(new Storage(device, dtype, data.length, wrap.call(device.backend, data)), layout);
  }
  const read =
    "get" in data && typeof data.get === "function"
      ? (i: number) => data.get(i)
      : (i: number) => (data as ArrayLike<number>)[i] as number;
  const values = Array.from(offsetsOf(layout.shape, layout.strides), (place) => read(offset + place));
  return tensor(values, { shape: layout.shape, device, dtype });
}

/**
 * An ndarray view of a tensor's elements, through the constructor of the package `ndarray`.
 *
 * Without a copy on a device that shares its memory; the memory then stays with the view, also when the tensor is gone.
 *
 * @throws {BackendError} the device is asynchronous: use `toNdarrayAsync`
 * @example
 * toNdarray(tensor([[1, 2], [3, 4]]), ndarray).get(1, 0);   // 3
 */
export function toNdarray<View extends NdarrayView>(t: Tensor, ndarray: NdarrayConstructor<View>): View {
  t.assertLive("toNdarray");
  const { backend } = t.device;
  if (backend.wrap === undefined || backend.host === undefined) return packedView(t.dataSync(), t.shape, ndarray);
  t.storage.lend();
  return ndarray(backend.host(t.storage.handle), [...t.shape], [...t.strides], t.offset);
}

/** `toNdarray` for any device: waits for it, and copies. */
export async function toNdarrayAsync<View extends NdarrayView>(
  t: Tensor,
  ndarray: NdarrayConstructor<View>,
): Promise<View> {
  return packedView(await t.data(), t.shape, ndarray);
}

function packedView<View extends NdarrayView>(
  values: TypedArray,
  shape: Shape,
  ndarray: NdarrayConstructor<View>,
): View {
  return ndarray(values, [...shape], stridesOf(shape), 0);
}

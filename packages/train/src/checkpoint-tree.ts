/**
 * A plain tree of numbers, texts and tensors as JSON beside a table of arrays, and back.
 *
 * In the JSON a tensor is `{ "$tensor": name }`, a number that JSON does not know `{ "$number": text }`; a tree's own
 * keys that begin with "$" get one more.
 */

import { type HostArray, sha256 } from "@kronograd/data";
import { type Device, Tensor, tensor } from "@kronograd/tensor";

/** Values that a checkpoint may hold; tensors anywhere. */
export type CheckpointTree =
  | Tensor
  | number
  | string
  | boolean
  | null
  | readonly CheckpointTree[]
  | { readonly [key: string]: CheckpointTree };

/** A tree taken apart. */
export interface PackedTree {
  readonly json: string;
  readonly tensors: ReadonlyMap<string, HostArray>;
}

/** Take a tree apart; waits for the devices of its tensors. Equal trees give equal parts. */
export async function packTree(tree: CheckpointTree): Promise<PackedTree> {
  const tensors = new Map<string, HostArray>();
  const pack = async (value: CheckpointTree, path: string): Promise<unknown> => {
    if (typeof value === "number") return packNumber(value);
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Tensor) {
      let name = path;
      while (tensors.has(name)) name += "'"; // "a/b" is a key, too
      tensors.set(name, { data: await value.data(), shape: value.shape });
      return { $tensor: name };
    }
    const child = (key: string | number) => (path === "" ? String(key) : `${path}/${key}`);
    const packed: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) packed.push([key, await pack(item, child(key))]);
    if (Array.isArray(value)) return packed.map(([, item]) => item);
    return Object.fromEntries(packed.map(([key, item]) => [key.startsWith("$") ? `$${key}` : key, item]));
  };
  return { json: JSON.stringify(await pack(tree, "")), tensors };
}

/** Put a tree together again, with tensors on a device. @throws {SyntaxError} the parts do not fit together */
export function unpackTree({ json, tensors }: PackedTree, device?: Device): CheckpointTree {
  const placement = device === undefined ? {} : { device };
  const unpack = (value: unknown): CheckpointTree => {
    if (typeof value !== "object" || value === null) return value as CheckpointTree;
    if (Array.isArray(value)) return value.map(unpack);
    if ("$number" in value) return Number(value.$number);
    if ("$tensor" in value) {
      const array = tensors.get(String(value.$tensor));
      if (array === undefined) throw new SyntaxError(`there is no tensor "${value.$tensor}"`);
      return tensor(array.data, { shape: array.shape, ...placement });
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key.startsWith("$") ? key.slice(1) : key, unpack(item)]),
    );
  };
  return unpack(JSON.parse(json));
}

/** SHA-256 over JSON and tensors: names, types, shapes and values. */
export function digestOf({ json, tensors }: PackedTree): string {
  const encoder = new TextEncoder();
  const parts = [...tensors.keys()].sort().flatMap((name) => {
    const { data, shape } = tensors.get(name) as HostArray;
    const head = JSON.stringify([name, data.constructor.name, shape]);
    return [encoder.encode(`\n${head}\n`), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
  });
  return sha256(encoder.encode(json), ...parts);
}

function packNumber(value: number): unknown {
  if (Object.is(value, -0)) return { $number: "-0" };
  return Number.isFinite(value) ? value : { $number: String(value) };
}

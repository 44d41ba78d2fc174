import { readSafetensors, writeSafetensors } from "@kronograd/data";
import { type Tensor, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";

const tree = () => ({ step: 3, weights: { w: tensor([[1, 2], [3, 4]]) }, momentum: [tensor([0.5])] }); // biome-ignore format: a matrix
const refusal = expect.objectContaining({ name: "CheckpointError" });

describe("encodeCheckpoint", () => {
  it("gives equal bytes for equal trees", async () => {
    expect(await encodeCheckpoint(tree())).toEqual(await encodeCheckpoint(tree()));
  });

  it("writes a safetensors file that any tool reads", async () => {
    const { tensors } = readSafetensors(await encodeCheckpoint(tree()));
    expect(tensors.get("weights/w")).toEqual({ data: new Float32Array([1, 2, 3, 4]), shape: [2, 2] });
    expect([...tensors.keys()]).toEqual(["momentum/0", "weights/w"]);
  });
});

describe("decodeCheckpoint", () => {
  it("gives the tree back", async () => {
    const back = decodeCheckpoint(await encodeCheckpoint(tree())) as { step: number; weights: { w: Tensor } };
    expect(back.step).toBe(3);
    expect([...back.weights.w.dataSync()]).toEqual([1, 2, 3, 4]);
  });

  it("throws CheckpointError for a file that was cut anywhere", async () => {
    const bytes = await encodeCheckpoint(tree());
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => decodeCheckpoint(bytes.subarray(0, length))).toThrow(refusal);
    }
    expect(() => decodeCheckpoint(bytes.subarray(0, bytes.length - 1))).toThrow(refusal);
  });

  it("throws CheckpointError for a file in which any byte was altered", async () => {
    const bytes = await encodeCheckpoint(tree());
    for (let at = 0; at < bytes.length; at++) {
      const altered = bytes.slice();
      altered[at] = (altered[at] as number) ^ 1;
      expect(() => decodeCheckpoint(altered), `byte ${at}`).toThrow(refusal);
    }
  });

  it("names the file and both checksums", async () => {
    const bytes = await encodeCheckpoint(tree());
    bytes[bytes.length - 1] = 0x41;
    expect(() => decodeCheckpoint(bytes, { file: "run/step-000003.safetensors" })).toThrow(
      /^run\/step-000003\.safetensors: contents do not match their checksum \(expected [0-9a-f]{64}, got [0-9a-f]{64}\)\. .* earlier checkpoint\.$/,
    );
  });

  it("throws CheckpointError for a safetensors file of another kind", () => {
    const bytes = writeSafetensors(new Map([["w", { data: new Float32Array(1), shape: [1] }]]));
    expect(() => decodeCheckpoint(bytes)).toThrow(/is not a checkpoint of this format/);
  });
});

import { Rng, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { random } from "../testing/index.ts";
import { callLayer, type Layer, type Mode } from "./layer.ts";

describe("callLayer", () => {
  it("forks the stream by the child's name, and leaves the parent's alone", () => {
    const seen: number[] = [];
    const layer: Layer = {
      kind: "probe",
      forward(x, { rng }) {
        seen.push(rng?.uniform() ?? Number.NaN);
        return x;
      },
    };
    const mode: Mode = { training: true, rng: new Rng(0) };
    for (const name of ["a", "b", "a"]) callLayer(layer, name, random([1]), mode);
    expect(seen[0]).toBe(seen[2]);
    expect(seen[0]).not.toBe(seen[1]);
    expect(mode.rng?.state()).toEqual(new Rng(0).state());
  });

  it("shows the output to the observer", () => {
    const seen: [Layer, Tensor][] = [];
    const layer: Layer = { kind: "probe", forward: (x) => x };
    const x = random([1]);
    callLayer(layer, "a", x, { training: false, observe: (...arguments_) => seen.push(arguments_) });
    expect(seen).toEqual([[layer, x]]);
  });
});

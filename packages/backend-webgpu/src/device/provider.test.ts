import { describe, expect, it } from "vitest";
import { isProgram, nameOf } from "./provider.ts";

const info = (more: Partial<GPUAdapterInfo>): GPUAdapterInfo =>
  ({ vendor: "", architecture: "", device: "", description: "", isFallbackAdapter: false, ...more }) as GPUAdapterInfo;

describe("adapters", () => {
  it("are software by what they say of themselves", () => {
    expect(isProgram(info({ vendor: "google", architecture: "swiftshader" }))).toBe(true);
    expect(isProgram(info({ description: "llvmpipe (LLVM 15.0.6, 256 bits)" }))).toBe(true);
    expect(isProgram(info({ description: "Microsoft Basic Render Driver" }))).toBe(true);
    expect(isProgram(info({ vendor: "x", isFallbackAdapter: true }))).toBe(true);
    expect(isProgram(info({ vendor: "nvidia", architecture: "ampere" }))).toBe(false);
  });

  it("have a name", () => {
    expect(nameOf(info({ vendor: "nvidia", architecture: "ampere" }))).toBe("nvidia, ampere");
    expect(nameOf(info({}))).toMatch("does not name itself");
  });
});

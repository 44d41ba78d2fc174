import { describe, expect, it } from "vitest";
import { cpu } from "../backends/cpu.ts";
import { Device } from "../device.ts";
import { UsageError } from "../errors.ts";
import { zeros } from "./create.ts";
import { placed, withDefaults } from "./defaults.ts";

describe("placed", () => {
  it("fills in cpu and float32", () => {
    expect(placed({})).toEqual({ device: cpu, dtype: "float32" });
    expect(placed({ dtype: "int32" }).dtype).toBe("int32");
  });
});

describe("withDefaults", () => {
  it("sets device and dtype for the length of a call", () => {
    const device = new Device(cpu.backend);
    const inside = withDefaults({ device, dtype: "float64" }, () => zeros([1]));
    expect([inside.device, inside.dtype]).toEqual([device, "float64"]);
    expect([zeros([1]).device, zeros([1]).dtype]).toEqual([cpu, "float32"]);
  });

  it("restores them after an error, and nests", () => {
    expect(() =>
      withDefaults({ dtype: "float64" }, () => {
        withDefaults({ dtype: "int32" }, () => expect(zeros([1]).dtype).toBe("int32"));
        expect(zeros([1]).dtype).toBe("float64");
        throw new RangeError();
      }),
    ).toThrow(RangeError);
    expect(zeros([1]).dtype).toBe("float32");
  });

  it("refuses a promise", () => {
    expect(() => withDefaults({}, async () => 1)).toThrow(UsageError);
  });
});

import { describe, expect, it } from "vitest";
import type { BackendProvider } from "./backend.ts";
import { cpu } from "./backends/cpu.ts";
import { Device } from "./device.ts";
import { createDevice, listBackends, registerBackend } from "./devices.ts";
import { BackendError, UsageError } from "./errors.ts";
import { add } from "./ops/arithmetic.ts";
import { tensor } from "./tensor/create.ts";

/** Providers stay registered, so each test gives its own names. */
function provider(name: string, more: Partial<BackendProvider> = {}): void {
  registerBackend({
    name,
    unavailable: () => null,
    create: () => ({ ...cpu.backend, name, adapter: "test" }),
    ...more,
  });
}

describe("createDevice", () => {
  it("opens a backend by name", async () => {
    const device = await createDevice("cpu");
    expect([device.kind, device.strict, device.why]).toEqual(["cpu", false, ["cpu: asked for by name"]]);
    expect((await createDevice("cpu", { strict: true })).strict).toBe(true);
  });

  it("opens cpu as the memory that tensors have by default: both kinds meet in one op", async () => {
    const opened = await createDevice("cpu");
    const strict = await createDevice("cpu", { strict: true });
    const sum = add(tensor([1]), add(tensor([2], { device: opened }), tensor([4], { device: strict })));
    expect(sum.dataSync()).toEqual(Float32Array.of(7));
  });

  it("refuses an unknown name with the nearest one", async () => {
    await expect(createDevice("cpuu")).rejects.toThrow('createDevice: unknown backend "cpuu"');
    await expect(createDevice("cpuu")).rejects.toThrow('Did you mean "cpu"?');
    await expect(createDevice("cpuu")).rejects.toThrow(UsageError);
  });

  it("never turns a backend asked for by name into another", async () => {
    provider("absent", { unavailable: async () => "no adapter" });
    await expect(createDevice("absent")).rejects.toThrow(BackendError);
    await expect(createDevice("absent")).rejects.toThrow("no adapter");
  });

  it("auto takes the first available by priority and says why the others were passed over", async () => {
    provider("fast", { priority: 10, unavailable: () => "software renderer" });
    provider("experimental"); // no priority: never chosen
    const device = await createDevice("auto");
    expect(device.kind).toBe("cpu");
    expect(device.why).toEqual(["fast: passed over, software renderer", "cpu: chosen"]);
  });

  it("auto passes over an adapter that is software, which by name works", async () => {
    provider("soft", { priority: 20, passedOver: async () => "its adapter is software" });
    expect((await createDevice("auto")).why).toContain("soft: passed over, its adapter is software");
    expect((await createDevice("soft")).kind).toBe("soft");
  });

  it("passes its options on", async () => {
    let seen: unknown;
    provider("options", {
      create: (options) => {
        seen = options;
        return cpu.backend;
      },
    });
    await createDevice("options", { threads: 2 });
    expect(seen).toMatchObject({ threads: 2 });
  });
});

describe("listBackends", () => {
  it("gives every backend with the reason why it cannot run", async () => {
    provider("listed", { unavailable: () => "not here" });
    const list = await listBackends();
    expect(list).toContainEqual({ name: "cpu", unavailable: null, passedOver: null });
    expect(list).toContainEqual({ name: "listed", unavailable: "not here", passedOver: null });
  });

  it("has them in the order of auto, with what auto has against those that can run", async () => {
    provider("first", { priority: 30, passedOver: () => "its adapter is software" });
    provider("last");
    const list = await listBackends();
    expect(list[0]).toEqual({ name: "first", unavailable: null, passedOver: "its adapter is software" });
    expect(list.at(-1)).toMatchObject({ passedOver: "it is taken by name only" });
    expect(list.find(({ unavailable, passedOver }) => (unavailable ?? passedOver) === null)?.name).toBe("cpu");
  });
});

describe("Device", () => {
  it("names its backend and adapter", () => {
    expect(String(new Device(cpu.backend))).toBe("cpu (JavaScript, one thread)");
  });
});

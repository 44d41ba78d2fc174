import { option } from "@kronograd/optimizers";
import { describe, expect, it } from "vitest";
import { catalogOf, entryOf, find } from "./catalog.ts";
import { isDataSet } from "./data-set.ts";
import { dataSets, losses, models } from "./index.ts";
import { isLoss } from "./loss.ts";
import { defineModel, isModel } from "./model.ts";

const net = defineModel({
  name: "my-net",
  summary: "a net",
  form: "my-net",
  images: false,
  options: { width: option.integer({ default: 3, min: 1, help: "neurons" }) },
  make: () => ({ kind: "net", forward: (x) => x }),
});

describe("catalogOf", () => {
  it("takes the entries of its kind, and no helper or table that a file exports beside them", () => {
    const exports = { net, netHelper: (x: number) => x, netOptions: net.options, version: 1, nothing: null };
    expect(catalogOf("model", "--model", exports, isModel).entries).toEqual([net]);
    expect(catalogOf("loss", "--loss", exports, isLoss).entries).toEqual([]);
    expect(catalogOf("data set", "--data", exports, isDataSet).entries).toEqual([]);
  });
});

describe("find", () => {
  const nets = catalogOf("model", "--model", { net }, isModel);

  it("fills in defaults, and does not mind case or dashes", () => {
    expect(find(nets, "mynet")).toEqual({ entry: net, options: { width: 3 } });
    expect(find(nets, "My-Net(width=5)").options).toEqual({ width: 5 });
    expect(entryOf(nets, "my-net(width=5)")).toBe(net);
    expect(entryOf(nets, "toString")).toBeUndefined();
  });

  it("names the nearest", () => {
    expect(() => find(nets, "my-nat", "a file")).toThrow(
      '--model: unknown model "my-nat" (expected one of my-net, or a file). Did you mean "my-net"?',
    );
  });
});

describe.each([dataSets, models, losses])("the catalog of each $what", ({ entries }) => {
  it("tells each by a name of its own, a line, and options with help and defaults in their ranges", () => {
    expect(new Set(entries.map(({ name }) => name.replaceAll("-", "").toLowerCase())).size).toBe(entries.length);
    for (const { name, summary, options } of entries) {
      expect(name).toMatch(/^[a-z][\w-]*$/i);
      expect(summary).toMatch(/\w/);
      for (const [option, { help, accepts, default: value }] of Object.entries(options)) {
        expect(help, option).toMatch(/\w/);
        expect(accepts(value), option).toBe(true);
      }
    }
  });
});

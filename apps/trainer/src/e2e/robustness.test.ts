/** Bad input: the right class of error, the right exit code, and nothing that was there is changed. */

import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kronograd, onlyFolder, snapshot, temporaryFolder } from "./command.ts";

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder.path, ...names);
afterAll(() => folder[Symbol.dispose]());

const runs = () => readdirSync(folder.path).filter((name) => name.startsWith("runs"));

/** A train command that fails: code and error, and no run folder. */
async function refused(argv: string[], code: number, error: string): Promise<string> {
  const before = runs();
  const end = await kronograd("train", "--steps", "2", "--out", at("runs-none"), ...argv);
  expect(end.stderr).toMatch(new RegExp(`^${error}: `));
  expect(end.stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(end.code).toBe(code);
  expect(end.stdout).toBe("");
  expect(runs()).toEqual(before);
  return end.stderr;
}

describe("data files", () => {
  /** MNIST's four files, tiny. */
  function digits(path: string, images = 12): void {
    mkdirSync(path);
    const word = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
    const pixels = Array.from({ length: images * 16 }, (_, i) => (7 * i) % 256);
    for (const split of ["train", "t10k"]) {
      const image = Uint8Array.of(0, 0, 8, 3, ...word(images), ...word(4), ...word(4), ...pixels);
      const label = Uint8Array.of(0, 0, 8, 1, ...word(images), ...Array.from({ length: images }, (_, i) => i % 10));
      writeFileSync(join(path, `${split}-images-idx3-ubyte`), image);
      writeFileSync(join(path, `${split}-labels-idx1-ubyte`), label);
    }
  }
  const train = ["--data", "mnist", "--batch", "4"];

  it("are read where they are whole", async () => {
    digits(at("good"));
    const end = await kronograd("train", ...train, "--data-dir", at("good"), "--steps", "2", "--out", at("runs-good"));
    expect(end.code).toBe(0);
  });

  it("that are cut short end with DataError, 3", async () => {
    digits(at("cut"));
    truncateSync(at("cut", "train-images-idx3-ubyte"), 100);
    const before = snapshot(at("cut"));
    await refused([...train, "--data-dir", at("cut")], 3, "DataError");
    expect(snapshot(at("cut"))).toEqual(before);
  });

  it("with a wrong magic number end with DataError, 3", async () => {
    digits(at("magic"));
    const file = at("magic", "t10k-labels-idx1-ubyte");
    const bytes = readFileSync(file);
    bytes[2] = 99;
    writeFileSync(file, bytes);
    expect(await refused([...train, "--data-dir", at("magic")], 3, "DataError")).toContain("t10k-labels-idx1-ubyte");
  });

  it("that are missing end with DataError, 3", async () => {
    await refused([...train, "--data-dir", at("nowhere")], 3, "DataError");
    await refused(["--data", at("nowhere.csv")], 3, "DataError");
  });

  it.each(["nan", "", "inf"])('with "%s" in a cell end with DataError, 3, naming line and column', async (cell) => {
    const rows = Array.from({ length: 12 }, (_, i) => `${i},${i === 4 ? cell : 12 - i},${i % 2}`);
    writeFileSync(at("hole.csv"), `x,y,label\n${rows.join("\n")}\n`);
    const message = await refused(["--data", at("hole.csv"), "--batch", "4"], 3, "DataError");
    expect(message).toContain("row 6");
    expect(message).toContain('"y"');
  });
});

describe("models and options", () => {
  const csv = () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${i},${20 - i},${i * i},${i % 2}`);
    writeFileSync(at("three.csv"), `a,b,c,label\n${rows.join("\n")}\n`);
    return at("three.csv");
  };
  const modelFile = (source: string) => {
    const file = at("model.ts");
    writeFileSync(file, source);
    return file;
  };

  it("whose shapes do not fit end with ShapeError, 1, naming the layer", async () => {
    const file = modelFile(
      `import { Dense, Sequential } from "${import.meta.resolve("@kronograd/layers")}";
export default ({ rng, device, dtype }) =>
  new Sequential([new Dense({ in: 4, out: 8 }), new Dense({ in: 8, out: 2 })], { rng, device, dtype });
`,
    );
    const message = await refused(["--data", csv(), "--model", file, "--batch", "4"], 1, "ShapeError");
    expect(message).toContain("dense1: input has 3 features, layer expects 4");
  });

  it.each([
    ["optimizer", ["--optimizer", "skfca"], 'Did you mean "skfac"?'],
    ["data set", ["--data", "spirl"], 'Did you mean "spiral"?'],
    ["model", ["--data", "xor", "--model", "mpl:4"], 'Did you mean "mlp"?'],
    ["backend", ["--data", "xor", "--backend", "cup"], 'Did you mean "cpu"?'],
    ["flag", ["--data", "xor", "--leraning-rate", "1"], 'Did you mean "--learning-rate"?'],
    ["setting", ["--data", "xor", "--set", "bacth=3"], 'Did you mean "batch"?'],
    ["option", ["--data", "xor", "--set", "options.dampng=3"], 'Did you mean "damping"?'],
  ])("a misspelt %s ends with UsageError, 1, and the nearest match", async (_, argv, guess) => {
    expect(await refused(argv, 1, "UsageError")).toContain(guess);
  });

  it("a misspelt command ends with UsageError, 1", async () => {
    const end = await kronograd("tarin");
    expect(end).toMatchObject({ code: 1, stdout: "" });
    expect(end.stderr).toContain('Did you mean "train"?');
  });
});

describe("checkpoints", () => {
  let run: string;
  const last = () => join(run, "checkpoints", readFileSync(join(run, "checkpoints", "last"), "utf8").trim());
  beforeAll(async () => {
    const flags = ["--data", "xor", "--optimizer", "adam", "--steps", "6", "--evaluate-every", "2"];
    const saved = ["--checkpoint-every", "2", "--keep", "last:3", "--out", at("runs-saved")];
    expect((await kronograd("train", ...flags, ...saved)).code).toBe(0);
    run = onlyFolder(at("runs-saved"));
    // As if it had been killed after its fourth step.
    const events = readFileSync(join(run, "events.jsonl"), "utf8").split("\n");
    writeFileSync(
      join(run, "events.jsonl"),
      `${events.filter((line) => line !== "" && !line.includes('"end"')).join("\n")}\n`,
    );
  });

  it.each([
    ["cut short", (bytes: Buffer) => bytes.subarray(0, bytes.length - 5)],
    ["altered", (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === bytes.length - 9 ? byte ^ 1 : byte)))],
    ["of another kind", () => Buffer.from("hello")],
  ])(
    "that are %s end with CheckpointError, 3; the run stays as it was, and an earlier one still works",
    async (_, damage) => {
      const copy = at(`copy-${Math.random()}`);
      cpSync(run, copy, { recursive: true });
      const file = last().replace(run, copy);
      writeFileSync(file, damage(readFileSync(file)));
      const before = snapshot(copy);
      const end = await kronograd("resume", copy);
      expect(end.code).toBe(3);
      expect(end.stderr).toMatch(/^CheckpointError: /);
      expect(snapshot(copy)).toEqual(before);
      expect((await kronograd("resume", copy, "--from", "4")).code).toBe(0);
    },
  );

  it("of another data set end with CheckpointError, 3", async () => {
    const copy = at("copy-data");
    cpSync(run, copy, { recursive: true });
    const config = JSON.parse(readFileSync(join(copy, "run.json"), "utf8"));
    writeFileSync(join(copy, "run.json"), JSON.stringify({ ...config, data: "moons" }));
    const end = await kronograd("resume", copy);
    expect(end.code).toBe(3);
    expect(end.stderr).toContain("belongs to a run with another data");
  });

  it("that are not there end with CheckpointError, 3, and folders that are no runs too", async () => {
    expect(await kronograd("resume", run, "--from", "1")).toMatchObject({ code: 3 });
    expect(await kronograd("resume", at("nowhere"))).toMatchObject({ code: 3 });
  });
});

describe("numbers that are not finite in training", () => {
  it("are skipped and counted, and 20 in a row end the run as diverged, 2", async () => {
    const flags = ["--data", "xor", "--optimizer", "sgd", "--learning-rate", "1e30", "--schedule", "constant"];
    const end = await kronograd("train", ...flags, "--steps", "200", "--out", at("runs-nan"), "--render", "json");
    expect(end.code).toBe(2);
    const events = end.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const skipped = events.filter(({ type }) => type === "skipped");
    expect(skipped.map(({ inARow }) => inARow)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(events.find(({ type }) => type === "end")).toMatchObject({ reason: "diverged", skipped: 20 });
    expect(end.stderr).toContain("You could\n  lower the learning rate");
  });
});

/** `kronograd list`: what there is to choose from, and why not what there is not. */

import { dataSets, type Entry, kebab, losses, models } from "@kronograd/experiment";
import { columns } from "@kronograd/figures";
import { catalog } from "@kronograd/optimizers";
import { nearest, UsageError } from "@kronograd/tensor";
import { createDevice, listBackends } from "kronograd";
import { unavailable } from "../opening/surroundings.ts";
import type { Command } from "./command.ts";

const tables: Readonly<Record<string, () => string[][] | Promise<string[][]>>> = {
  optimizers: () => [
    ["optimizer", "", "options"],
    ...Object.entries(catalog).map(([name, { summary, options }]) => [
      name,
      summary,
      Object.keys(options)
        .filter((option) => options[option]?.kind !== "groups")
        .map(kebab)
        .join(" "),
    ]),
    ["<file.ts>", "your own: export default (options) => an Optimizer or a CurvatureMethod", "whatever it takes"],
  ],
  models: () => [
    ["model", "", "options"],
    ...models.entries.map((entry) => [entry.form, entry.summary, optionsOf(entry)]),
    ["<file.ts>", "your own: export default ({ inputShape, outputs, rng, device, dtype }) => model"],
  ],
  losses: () => [
    ["loss", "", "options", "of"],
    ...losses.entries.map((entry) => [entry.name, entry.summary, optionsOf(entry), entry.task]),
    ["<file.ts>", "your own: export default (options) => a Loss"],
  ],
  data: () => [
    ["data", "", "options", ""],
    ...dataSets.entries.map((entry) => [entry.name, entry.summary, optionsOf(entry), availability(unavailable(entry))]),
    ["<file.csv>", "your own: the last column is predicted", "", "available"],
  ],
  backends: async () => {
    const states = await listBackends();
    const chosen = states.find(({ unavailable, passedOver }) => (unavailable ?? passedOver) === null);
    const { adapter } = await createDevice("auto", {});
    return [
      ["backend", ""],
      ...states.flatMap((state) => {
        const { name, unavailable, passedOver, offers = [] } = state;
        const own = passedOver === null ? availability(unavailable) : `by name only: ${passedOver}`;
        const first = state === chosen ? `chosen by "auto": ${adapter}` : own;
        return [[name, first], ...offers.map((line) => ["", line])];
      }),
    ];
  },
};

/** Names of options, as they stand in brackets: spiral(turns=1.5). */
const optionsOf = ({ options }: Entry): string => Object.keys(options).join(" ");

const availability = (reason: string | null): string => (reason === null ? "available" : `not here: ${reason}`);

export const list: Command = {
  name: "list",
  summary: "show optimizers, models, losses, data sets and backends",
  usage: "[optimizers|models|losses|data|backends]",
  flags: [],
  own: [],
  async run({ positionals }) {
    const names = positionals.length === 0 ? Object.keys(tables) : positionals;
    const blocks: string[] = [];
    for (const name of names) {
      const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
      if (table === undefined) {
        const guess = nearest(name, Object.keys(tables));
        throw new UsageError({
          where: "kronograd list",
          problem: `there is no list "${name}"`,
          expected: `one of ${Object.keys(tables).join(", ")}`,
          ...(guess === undefined ? {} : { help: `Did you mean "${guess}"?` }),
        });
      }
      blocks.push(columns(await table(), [0, 1, 2, 3]).join("\n"));
    }
    process.stdout.write(`${blocks.join("\n\n")}\n`);
    return 0;
  },
};

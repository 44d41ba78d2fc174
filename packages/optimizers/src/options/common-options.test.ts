import { describe, expect, it } from "vitest";
import { schedules } from "../schedules/schedules.ts";
import { commonOptions, commonParts } from "./common-options.ts";
import { checkOptions, type OptionsOf } from "./options.ts";

const table = commonOptions({ learningRate: 0.1, weightDecay: 0.01 });
const parts = (options: OptionsOf<typeof table> = {}) => commonParts(checkOptions("test", options, table));

describe("commonParts", () => {
  it("makes no decay where nothing decays", () => {
    expect(parts({ weightDecay: 0 }).decay).toEqual([]);
    expect(parts({ weightDecay: 0, groups: [{ match: "a", weightDecay: 0 }] }).decay).toEqual([]);
    expect(parts({ weightDecay: 0, groups: [{ match: "a", weightDecay: 1 }] }).decay).toHaveLength(1);
    expect(parts().decay.map(({ name }) => name)).toEqual(["weightDecay(0.01)"]);
  });

  it("gives each parameter the rate of its group", () => {
    const { rateOf } = parts({ groups: [{ match: /^a/, learningRateFactor: 0.5 }, { match: "b" }] });
    expect(["a.weight", "b", "c"].map(rateOf)).toEqual([0.5, 1, 1]);
  });

  it("writes the options down as text where they are no data", () => {
    const groups = [{ match: /bias$/, weightDecay: 0 }, { match: () => true }];
    expect(parts({ learningRate: schedules.cosine(0.1, 20), groups }).config).toEqual({
      learningRate: "cosine(0.1, 20, 0)",
      weightDecay: 0.01,
      groups: [{ match: "bias$", weightDecay: 0 }, { match: "custom" }],
    });
  });
});

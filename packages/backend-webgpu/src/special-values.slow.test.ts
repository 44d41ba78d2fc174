import type { Device } from "@kronograd/tensor";
import { specialValues } from "@kronograd/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { missing, openDevice } from "../testing/device.ts";

let device: Device;

describe.skipIf(missing !== null)("special values", () => {
  beforeAll(async () => {
    device = await openDevice();
  });

  it.each(Object.entries(specialValues))("%s", async (_, check) => {
    expect(await check(device)).toEqual([]);
  });
});

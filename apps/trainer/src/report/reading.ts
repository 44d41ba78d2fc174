/** `@kronograd/trainer/report`: run and race folders read back, and what is measured of them. */

export * from "./curves.ts";
export * from "./load.ts";
export * from "./measure.ts";
export * from "./run-data.ts";

export * from "./arithmetic.ts";
export * from "./contiguous.ts";
export * from "./permute.ts";
export * from "./reshape.ts";
export * from "./sum.ts";

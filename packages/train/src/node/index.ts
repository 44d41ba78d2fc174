/** `@kronograd/train/node`: run folders and files that are written whole or not at all. */

export * from "./atomic-write.ts";
export * from "./run-folder.ts";

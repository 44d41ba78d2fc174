/** `@kronograd/data/node`: data sets from files, and files themselves, where there is a file system (Node, Deno, Bun). */

export * from "./cifar10.ts";
export * from "./csv.ts";
export * from "./download.ts";
export { filesIn, readBytes, writeBytes } from "./file-system.ts";
export * from "./mnist.ts";

/** `@kronograd/data/node`: data sets from files, and files themselves, where there is a file system (Node, Deno, Bun). */

export * from "./files/cifar10.ts";
export * from "./files/csv.ts";
export * from "./files/download.ts";
export { readBytes, writeBytes } from "./files/file-system.ts";
export * from "./files/mnist.ts";

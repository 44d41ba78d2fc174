/** The backends that the command can use: importing a backend's package registers it. Every device is opened through here. */

import "@kronograd/backend-wasm";

export { createDevice, listBackends } from "@kronograd/tensor";

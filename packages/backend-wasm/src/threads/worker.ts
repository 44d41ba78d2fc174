/**
 * The program of a worker. It needs no other program than this one and works in Node, Deno and Bun, and as a module worker in
 * pages. A bundle must bring it along as a file of its own, `worker.js` beside the bundle (exported as
 * `@kronograd/backend-wasm/worker`): a worker from a blob would break the security policy of many pages.
 */

import { serve, type WorkerTask } from "./serve.ts";
import { workerThreads } from "./worker-threads.ts";

const scope = globalThis as unknown as { onmessage: (event: { data: WorkerTask }) => void };
const threads = workerThreads();
if (threads === null) scope.onmessage = ({ data }) => serve(data);
else if (threads.workerData !== null) serve(threads.workerData); // null: somebody imports this program

/** A worker thread: analyses the packages it is sent, one message each. dist/worker.mjs. */
import { parentPort, workerData } from "node:worker_threads";
import { Loader } from "../go/load/loader.ts";
import { Analyst } from "./analyst.ts";
import { loadOptions } from "./overlaid.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./task.ts";

const setup = workerData as WorkerSetup;
const analyst = new Analyst(Loader.open(setup.dir, loadOptions(setup.load, setup.overlay)), setup);
parentPort?.on("message", ({ index, task }: ToWorker) => {
  const answer: FromWorker = { index, result: analyst.run(task) };
  parentPort?.postMessage(answer);
});

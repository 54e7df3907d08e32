/**
 * Worker threads over the shares of a plan. A worker that dies takes one package with it, which is reported as a problem;
 * another takes its place.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { messageOf } from "../base/errors.ts";
import { nothing } from "./analyst.ts";
import { Shares } from "./plan.ts";
import type { PackageResult } from "./result.ts";
import type { FromWorker, Task, ToWorker, WorkerSetup } from "./task.ts";

/** Recursion over deep syntax: 64 MB are some 300,000 frames. The young generation lets short-lived types die young. */
const Limits = { stackSizeMb: 64, maxYoungGenerationSizeMb: 64, maxOldGenerationSizeMb: 1400 };

export interface PoolOptions {
  readonly setup: WorkerSetup;
  readonly workers: number;
  readonly signal: AbortSignal | null;
  readonly onResult: (index: number, result: PackageResult) => void;
}

/** Analyses all tasks; resolves when each has its result. Rejects when `signal` aborts. */
export async function runPool(tasks: readonly Task[], weights: readonly number[], options: PoolOptions): Promise<void> {
  const shares = new Shares(weights, options.workers);
  const { signal } = options;
  const all = Array.from({ length: Math.min(options.workers, tasks.length) }, (_, w) =>
    workThrough(w, tasks, shares, options),
  );
  await Promise.all(all);
  signal?.throwIfAborted();
}

async function workThrough(slot: number, tasks: readonly Task[], shares: Shares, options: PoolOptions): Promise<void> {
  const { signal, onResult, setup } = options;
  let index = shares.take(slot);
  while (index !== null && signal?.aborted !== true) {
    const worker = open(setup);
    try {
      index = await new Promise<number | null>((done) => {
        let at = index;
        const next = (): void => {
          if (at === null || signal?.aborted === true) done(null);
          else worker.postMessage({ index: at, task: tasks[at] } satisfies ToWorker);
        };
        const lost = (message: string): void => {
          if (at !== null) onResult(at, withoutResult(tasks[at], message));
          at = null;
          done(shares.take(slot));
        };
        worker.on("message", ({ index: i, result }: FromWorker) => {
          onResult(i, result);
          at = shares.take(slot);
          next();
        });
        worker.on("error", (e: NodeJS.ErrnoException) =>
          lost(
            e.code === "ERR_WORKER_OUT_OF_MEMORY"
              ? `not analysed: it needs more memory than a thread has (${Limits.maxOldGenerationSizeMb} MB)`
              : brokeDown(messageOf(e)),
          ),
        );
        worker.on("exit", (code) => lost(brokeDown(`its thread ended with code ${code}`)));
        signal?.addEventListener("abort", () => done(null), { once: true });
        next();
      });
    } finally {
      worker.removeAllListeners();
      worker.on("error", () => {}); // one that is being ended may still say something
      await worker.terminate();
    }
  }
}

const brokeDown = (reason: string): string =>
  `a fault of Stanch itself: the analysis of this package broke down: ${reason}`;

function withoutResult(task: Task, message: string): PackageResult {
  return { ...nothing, path: task.dir, faults: 1, problems: [{ file: task.dir, line: 0, message }] };
}

/** In the package: worker.mjs in dist, seen from dist itself or its chunks. */
const Places = ["./worker.mjs", "../worker.mjs"];

function open(setup: WorkerSetup): Worker {
  const options = { workerData: setup, resourceLimits: Limits };
  for (const place of Places) {
    const file = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(file)) return new Worker(file, options);
  }
  // A checkout run from source: threads need to be taught TypeScript.
  const source = new URL("./worker.ts", import.meta.url);
  if (!existsSync(source)) throw new Error("the worker's code is missing from this installation");
  const tsx = pathToFileURL(
    createRequire(import.meta.url)
      .resolve("tsx/esm/api")
      .replace(/\.cjs$/, ".mjs"),
  );
  const code = `import(${JSON.stringify(tsx.href)}).then((m) => { m.register(); return import(${JSON.stringify(source.href)}); })`;
  return new Worker(code, { ...options, eval: true });
}

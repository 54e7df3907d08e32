/** The other end of the worker: starts it, tells it what happens, starts it again where it died. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { messageOf } from "../base/errors.ts";
import type { FromAnalysis, ToAnalysis } from "./messages.ts";

/** The young generation has room for a large package's trees, so that most are gone with the analysis instead of being copied. */
const Limits = { stackSizeMb: 64, maxYoungGenerationSizeMb: 192, maxOldGenerationSizeMb: 3000 };
/** A worker that dies this often within a minute would die again. */
const MaxDeaths = 3;

export class AnalysisThread {
  private worker: Worker | null = null;
  private sent = new SharedArrayBuffer(4);
  private deaths: number[] = [];
  private ended = false;

  constructor(
    private readonly onMessage: (message: FromAnalysis) => void,
    /** Everything that a new worker has to be told. */
    private readonly state: () => readonly ToAnalysis[],
    private readonly onGivenUp: (reason: string) => void,
  ) {}

  send(message: ToAnalysis): void {
    if (this.ended) return;
    if (this.worker === null) {
      this.start();
      for (const m of this.state()) this.post(m);
      return; // the state has it
    }
    this.post(message);
  }

  private post(message: ToAnalysis): void {
    Atomics.add(new Int32Array(this.sent), 0, 1);
    this.worker?.postMessage(message);
  }

  private start(): void {
    this.sent = new SharedArrayBuffer(4);
    const worker = open(this.sent);
    this.worker = worker;
    worker.unref(); // the connection keeps the process alive
    worker.on("message", (m: FromAnalysis) => this.onMessage(m));
    let reason = "";
    worker.on("error", (e) => (reason = messageOf(e)));
    worker.on("exit", (code) => {
      if (this.ended || this.worker !== worker) return;
      this.worker = null;
      const now = Date.now();
      this.deaths = [...this.deaths.filter((t) => now - t < 60_000), now];
      const why = reason === "" ? `it ended with code ${code}` : reason;
      if (this.deaths.length >= MaxDeaths) {
        this.ended = true;
        this.onGivenUp(why);
        return;
      }
      this.onMessage({ kind: "log", text: `the analysis broke down and is started again: ${why}` });
      this.start();
      for (const m of this.state()) this.post(m);
    });
  }

  async end(): Promise<void> {
    this.ended = true;
    await this.worker?.terminate();
  }
}

const Places = ["./lsp-worker.mjs", "../lsp-worker.mjs"];

function open(sent: SharedArrayBuffer): Worker {
  const options = { workerData: { sent }, resourceLimits: Limits };
  for (const place of Places) {
    const file = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(file)) return new Worker(file, options);
  }
  // A checkout run from source: threads need to be taught TypeScript.
  const tsx = createRequire(import.meta.url)
    .resolve("tsx/esm/api")
    .replace(/\.cjs$/, ".mjs");
  const source = new URL("./worker.ts", import.meta.url).href;
  const code = `import(${JSON.stringify(pathToFileURL(tsx).href)}).then((m) => { m.register(); return import(${JSON.stringify(source)}); })`;
  return new Worker(code, { ...options, eval: true });
}

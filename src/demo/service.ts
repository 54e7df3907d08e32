/** An example service as a process: built, started, its address read, and stopped whatever happens to us. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { UsageError } from "../base/errors.ts";

const START_MS = 90_000;
const STOP_MS = 10_000;
const KEPT_BYTES = 64 << 10;

export interface BuildRequest {
  /** The go command. */
  readonly go: string;
  /** Folder of the module. */
  readonly module: string;
  /** "./http-client/leaky" */
  readonly pkg: string;
  readonly output: string;
  readonly signal?: AbortSignal;
}

/** @throws UsageError with what the go command said. */
export async function build(r: BuildRequest): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    execFile(
      r.go,
      ["build", "-trimpath", "-buildvcs=false", "-o", r.output, r.pkg],
      {
        cwd: r.module,
        // Without cgo the examples need no C compiler; without the revision their lines are those of the files that came with us.
        env: { ...process.env, CGO_ENABLED: "0" },
        maxBuffer: 8 << 20,
        ...(r.signal === undefined ? {} : { signal: r.signal }),
      },
      (error, _out, said) => {
        if (error === null) resolve();
        else if (error.name === "AbortError") reject(error);
        else reject(new UsageError(`go build ${r.pkg}: ${said.trim() === "" ? error.message : said.trim()}`));
      },
    );
  });
}

export class Service {
  private said = "";

  private constructor(
    readonly name: string,
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  /**
   * It ends when its standard input does: so even where we are killed, it and what it started are gone with us.
   * @throws UsageError where it ends, or says no address in time.
   */
  static async start(name: string, binary: string, environment: NodeJS.ProcessEnv = process.env): Promise<Service> {
    // A group of its own: Ctrl-C in the terminal is ours to answer, in order.
    const child = spawn(binary, {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      env: { ...environment, EXAMPLE_END_WITH_STDIN: "1" },
    });
    let said = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => (said = (said + text).slice(-KEPT_BYTES)));
    child.stdin.on("error", () => {}); // it has ended already
    const end = new AbortController();
    try {
      const url = await new Promise<string>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new UsageError(`${name} said no address in ${START_MS / 1000} s`)),
          START_MS,
        );
        end.signal.addEventListener("abort", () => clearTimeout(timer));
        let out = "";
        child.stdout.setEncoding("utf8");
        child.stdout.on("data", (text: string) => {
          out += text;
          const line = /^(http:\/\/\S+)\n/m.exec(out);
          if (line !== null) resolve(line[1]);
        });
        child.once("error", (e) => reject(new UsageError(`${name} does not start: ${e.message}`)));
        child.once("exit", (code, signal) =>
          reject(
            new UsageError(
              `${name} ended at once (${signal ?? `exit code ${code}`})${said === "" ? "" : `: ${said.trim()}`}`,
            ),
          ),
        );
      });
      const service = new Service(name, url, child);
      service.said = said;
      child.stderr.on("data", () => (service.said = said));
      running.add(service);
      child.once("exit", () => running.delete(service));
      return service;
    } catch (e) {
      child.kill("SIGKILL");
      throw e;
    } finally {
      end.abort();
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The end of what it wrote to standard error. */
  get log(): string {
    return this.said;
  }

  /** Ends it, and waits until it has stopped what it started. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
      this.child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
      this.child.stdin?.end();
    });
  }
}

const running = new Set<Service>();

/** Ends all that was started and still runs. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((s) => s.stop()));
}

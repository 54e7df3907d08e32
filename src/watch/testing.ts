/** A target made of numbers, for tests and benchmarks: serves what net/http/pprof and a metrics endpoint would, and misbehaves on demand. */
import { createServer, type Server, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { ProfileBuilder } from "../profile/columns.ts";
import { encodePprof } from "../profile/encode.ts";

export type Mode = "good" | "hangs" | "trickles" | "garbage" | "other program" | "closes" | "no profiles";

export class FakeTarget {
  mode: Mode = "good";
  /** Goroutines by the function that they are parked in. */
  groups: Record<string, number> = { "main.worker": 10 };
  /** Live bytes by allocating function. */
  heap: Record<string, number> = { "main.load": 1 << 20 };
  /** Null: no metrics endpoint. */
  metrics: Record<string, number> | null = null;
  requests = 0;
  /** Goroutine profiles that were asked for. */
  looks = 0;
  private server: Server | null = null;
  url = "";

  /** `socket`: the path of a Unix socket, behind which nobody finds the process of the test. */
  async listen(socket?: string): Promise<this> {
    const server = createServer((req, res) => {
      this.requests++;
      this.answer(req.url ?? "", res);
    });
    this.server = server;
    if (socket !== undefined) {
      await new Promise<void>((done) => void server.listen(socket, done));
      this.url = `unix:${socket}`;
      return this;
    }
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    return this;
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === null) return;
    server.closeAllConnections();
    await new Promise<void>((done) => void server.close(() => done()));
  }

  private answer(path: string, res: ServerResponse): void {
    switch (this.mode) {
      case "hangs":
        return;
      case "closes":
        res.destroy();
        return;
      case "other program":
        res.end("<html>welcome</html>");
        return;
      default:
        break;
    }
    if (path === "/metrics" && this.metrics !== null)
      res.end(
        Object.entries(this.metrics)
          .map(([k, v]) => `${k} ${v}\n`)
          .join(""),
      );
    else if (path === "/debug/pprof/" && this.mode !== "no profiles") res.end(index(this.groups));
    else if (path === "/debug/pprof/goroutine" && this.mode !== "no profiles") {
      this.looks++;
      this.send(goroutineProfile(this.groups), res);
    } else if (path === "/debug/pprof/heap" && this.mode !== "no profiles") this.send(heapProfile(this.heap), res);
    else res.writeHead(404).end();
  }

  private send(bytes: Uint8Array, res: ServerResponse): void {
    if (this.mode === "garbage") res.end(Buffer.from(bytes).fill(0xff, 40));
    else if (this.mode === "trickles") {
      let at = 0;
      const timer = setInterval(() => {
        if (res.destroyed || at >= bytes.length) clearInterval(timer);
        else res.write(bytes.subarray(at, ++at));
      }, 20);
      res.on("close", () => clearInterval(timer));
    } else res.end(bytes);
  }
}

function index(groups: Readonly<Record<string, number>>): string {
  const total = Object.values(groups).reduce((a, b) => a + b, 0);
  return `<table><tr><td>${total}</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr><tr><td>1</td><td><a href='heap?debug=1'>heap</a></td></tr></table>`;
}

export function goroutineProfile(groups: Readonly<Record<string, number>>): Uint8Array {
  const b = new ProfileBuilder([{ type: "goroutine", unit: "count" }]);
  b.periodType = { type: "goroutine", unit: "count" };
  b.period = 1;
  for (const [name, n] of Object.entries(groups))
    b.sample(
      [
        b.frame("runtime.gopark", "runtime/proc.go", 402),
        b.frame("runtime.chanrecv1", "runtime/chan.go", 506),
        b.frame(name, "/src/app/main.go", 10),
        b.frame("main.main.func1", "/src/app/main.go", 99),
      ],
      [n],
    );
  return gzipSync(encodePprof(b.done()), { level: 1 });
}

export function heapProfile(sites: Readonly<Record<string, number>>): Uint8Array {
  const b = new ProfileBuilder([
    { type: "alloc_objects", unit: "count" },
    { type: "alloc_space", unit: "bytes" },
    { type: "inuse_objects", unit: "count" },
    { type: "inuse_space", unit: "bytes" },
  ]);
  b.periodType = { type: "space", unit: "bytes" };
  b.period = 524_288;
  for (const [name, bytes] of Object.entries(sites))
    b.sample([b.frame(name, "/src/app/main.go", 20)], [bytes / 512, bytes * 2, bytes / 1024, bytes]);
  return gzipSync(encodePprof(b.done()), { level: 1 });
}

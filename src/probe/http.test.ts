/** Servers that misbehave in every way that the wild has shown. */
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createRaw } from "node:net";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { ProbeError } from "./errors.ts";
import { HttpClient } from "./http.ts";
import { fetchDump, fetchProfile, findPprof } from "./pprof-endpoint.ts";
import { queryRange } from "./prometheus-api.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(handler: RequestListener, path?: string): Promise<string> {
  const server: Server = createServer(handler);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>(
    (done) => void (path === undefined ? server.listen(0, "127.0.0.1", done) : server.listen(path, done)),
  );
  const at = server.address();
  return typeof at === "object" && at !== null ? `http://127.0.0.1:${at.port}/` : "http://localhost/";
}

async function raw(reply: string): Promise<string> {
  const server = createRaw((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(reply));
  });
  closers.push(() => server.close());
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const at = server.address();
  return typeof at === "object" && at !== null ? `http://127.0.0.1:${at.port}/` : "";
}

function client(options = {}): HttpClient {
  const c = new HttpClient({
    connectMs: 500,
    headersMs: 600,
    idleMs: 300,
    totalMs: 1500,
    maxBytes: 1 << 20,
    ...options,
  });
  closers.push(() => c.close());
  return c;
}

async function fault(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (e) {
    if (e instanceof ProbeError) {
      expect(e.message).not.toContain("\n");
      return e.fault;
    }
    throw e;
  }
  return "none";
}

const indexPage = `<html><body><table><tr><td>5</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>
<tr><td>3</td><td><a href='heap?debug=1'>heap</a></td></tr></table></body></html>`;
const captures = new URL("../../testdata/captures/go-1.27.4/", import.meta.url).pathname;

describe("HttpClient", () => {
  it("gives up on a server that never answers", async () =>
    expect(await fault(client().get(await serve(() => {})))).toBe("timeout"));

  it("gives up on one that goes silent in the middle", async () => {
    const url = await serve((_, res) => void res.write("begin"));
    expect(await fault(client().get(url))).toBe("timeout");
  });

  it("gives up on one that trickles", async () => {
    const url = await serve((_, res) => {
      const timer = setInterval(() => res.write("x"), 50);
      res.on("close", () => clearInterval(timer));
    });
    expect(await fault(client().get(url))).toBe("timeout");
  });

  it("stops reading one that sends without end, and keeps memory bounded", async () => {
    const url = await serve((_, res) => {
      const chunk = Buffer.alloc(1 << 16);
      const pump = (): void => {
        while (!res.destroyed && res.write(chunk));
      };
      res.on("drain", pump);
      pump();
    });
    expect(await fault(client().get(url))).toBe("too-large");
  });

  it("refuses a decompression bomb", async () => {
    const url = await serve((_, res) => {
      res.setHeader("content-encoding", "gzip");
      res.end(gzipSync(Buffer.alloc(16 << 20)));
    });
    expect(await fault(client().get(url))).toBe("too-large");
  });

  it("notices a length that lies", async () => {
    expect(await fault(client().get(await raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")))).toBe(
      "vanished",
    );
  });

  it("notices what is not HTTP", async () =>
    expect(await fault(client().get(await raw("+OK redis\r\n")))).toBe("not-pprof"));

  it("says that nothing listens", async () => expect(await fault(client().get("http://127.0.0.1:9/"))).toBe("refused"));

  it("follows redirects within the origin only, and not in circles", async () => {
    const url = await serve((req, res) => {
      if (req.url === "/") res.writeHead(302, { location: "/there" }).end();
      else if (req.url === "/loop") res.writeHead(302, { location: "/loop" }).end();
      else if (req.url === "/away") res.writeHead(302, { location: "http://127.0.0.2:1/" }).end();
      else res.end("here");
    });
    expect(Buffer.from((await client().get(url)).body).toString()).toBe("here");
    expect(await fault(client().get(`${url}loop`))).toBe("status");
    expect(await fault(client().get(`${url}away`))).toBe("status");
  });

  it("sends its header, and speaks through a unix socket", async () => {
    const dir = mkdtempSync(join(tmpdir(), "stanch-"));
    closers.push(() => rmSync(dir, { recursive: true }));
    const path = join(dir, "s");
    await serve((req, res) => void res.end(req.headers.authorization), path);
    const c = client({ socketPath: path, headers: { authorization: "Bearer t" } });
    expect(Buffer.from((await c.get("http://localhost/")).body).toString()).toBe("Bearer t");
  });
});

describe("findPprof", () => {
  for (const prefix of ["/debug/pprof/", "/pprof/", "/v1/debug/pprof/", "/admin/debug/pprof/"])
    it(`finds it under ${prefix}`, async () => {
      const url = await serve((req, res) => void (req.url === prefix ? res.end(indexPage) : res.writeHead(404).end()));
      const found = await findPprof(client(), url);
      expect(found).toMatchObject({ base: url.slice(0, -1) + prefix, goroutines: 5 });
      expect([...found.profiles]).toEqual(["goroutine", "heap"]);
    });

  it("finds it under the path that was given", async () => {
    const url = await serve(
      (req, res) => void (req.url === "/svc/a/debug/pprof/" ? res.end(indexPage) : res.writeHead(404).end()),
    );
    expect((await findPprof(client(), `${url}svc/a`)).base).toBe(`${url}svc/a/debug/pprof/`);
    expect((await findPprof(client(), `${url}svc/a/debug/pprof/heap?debug=1`)).base).toBe(`${url}svc/a/debug/pprof/`);
  });

  it("does without the index", async () => {
    const url = await serve((req, res) => {
      if (req.url?.startsWith("/debug/pprof/goroutine")) res.end("goroutine profile: total 7\n");
      else res.writeHead(404).end();
    });
    expect((await findPprof(client(), url)).goroutines).toBe(7);
  });

  it("tells a locked door from an empty house", async () => {
    expect(await fault(findPprof(client(), await serve((_, res) => void res.writeHead(401).end())))).toBe(
      "unauthorized",
    );
    expect(await fault(findPprof(client(), await serve((_, res) => void res.end("<html>welcome</html>"))))).toBe(
      "not-pprof",
    );
    expect(await fault(findPprof(client(), await serve((_, res) => void res.writeHead(500).end())))).toBe("not-pprof");
  });
});

describe("fetchProfile", () => {
  const index = (url: string) => ({ base: url, profiles: new Set(["goroutine"]), goroutines: 1 });

  it("reads a profile and says what it is not", async () => {
    const good = readFileSync(`${captures}heap.pb.gz`);
    const url = await serve((req, res) => {
      switch (req.url) {
        case "/heap":
          return void res.end(good);
        case "/cut":
          return void res.end(good.subarray(0, 900));
        case "/page":
          return void res.writeHead(200, { "content-type": "text/html" }).end("<html>");
        case "/goroutineleak":
          return void res.writeHead(404, { "x-go-pprof": "1" }).end("Unknown profile\n");
        default:
          return void res.writeHead(503).end("busy\nvery");
      }
    });
    expect((await fetchProfile(client(), index(url), "heap")).bytes.length).toBe(gunzipSync(good).length);
    expect(await fault(fetchProfile(client(), index(url), "cut"))).toBe("not-pprof");
    expect(await fault(fetchProfile(client(), index(url), "page"))).toBe("not-pprof");
    expect(await fault(fetchProfile(client(), index(url), "goroutineleak"))).toBe("unknown-profile");
    expect(await fault(fetchProfile(client(), index(url), "other"))).toBe("status");
  });

  it("parses a dump as it arrives", async () => {
    const text = gunzipSync(readFileSync(`${captures}goroutine.d2.txt.gz`));
    const url = await serve((_, res) => void res.end(text));
    const { dump, wire } = await fetchDump(client(), index(url));
    expect(wire).toBe(text.length);
    expect(dump.count).toBe(322);
  });
});

describe("queryRange", () => {
  const range = { query: "go_goroutines", start: 0, end: 60, stepSeconds: 15 };
  it("reads a matrix, and says what else it was", async () => {
    const url = await serve((req, res) => {
      if (req.url?.startsWith("/api"))
        res.end(
          '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":[[1,"5"],[2,"NaN"],[3,"+Inf"]]}]}}',
        );
      else if (req.url?.startsWith("/err")) res.writeHead(400).end('{"status":"error","error":"parse error"}');
      else res.end("<html>");
    });
    const [series] = await queryRange(client(), url, range);
    expect([...series.values]).toEqual([5, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(await fault(queryRange(client(), `${url}err/`, range))).toBe("status");
    expect(await fault(queryRange(client(), `${url}page/`, range))).toBe("not-pprof");
  });
});

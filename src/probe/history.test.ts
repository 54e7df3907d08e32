/** The history probe against a server that answers as Prometheus does, and against some that do not. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ProbeError } from "./errors.ts";
import { fetchHistory, type HistoryRequest } from "./history.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const s of servers.splice(0)) {
    s.closeAllConnections();
    s.close();
  }
});

async function serve(handler: (req: IncomingMessage, res: ServerResponse) => void): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Instance {
  readonly job: string;
  readonly instance: string;
  readonly start: number;
}

/** Knows `instances`; keeps the queries it was asked. */
async function prometheus(instances: readonly Instance[], asked: URLSearchParams[] = []): Promise<string> {
  return serve((req, res) => {
    const url = new URL(req.url ?? "", "http://x");
    asked.push(url.searchParams);
    const query = url.searchParams.get("query") ?? "";
    if (url.pathname === "/prom/api/v1/query" && query.startsWith("last_over_time(process_start_time_seconds")) {
      const ports = /instance=~"\.\+:\(\?:([\d|]+)\)"/.exec(query)?.[1].split("|");
      const result = instances
        .filter((i) => ports === undefined || ports.includes(i.instance.split(":")[1]))
        .map(({ job, instance, start }) => ({ metric: { job, instance }, value: [10, String(start)] }));
      res.end(JSON.stringify({ status: "success", data: { resultType: "vector", result } }));
    } else if (url.pathname === "/prom/api/v1/query_range") {
      const name = /instance="([^"]*)"/.exec(query)?.[1] ?? "";
      const values = [1, 2, 3].map((t) => [t, name.startsWith("b") ? "7" : "5"]);
      const result = [{ metric: { __name__: "go_goroutines", instance: name }, values }];
      res.end(JSON.stringify({ status: "success", data: { resultType: "matrix", result } }));
    } else res.end('{"status":"success","data":{"resultType":"vector","result":[]}}');
  }).then((base) => `${base}/prom/`);
}

const request: HistoryRequest = {
  server: "",
  http: {},
  rangeMs: 6 * 3_600_000,
  endMs: 1_700_000_000_000,
  match: null,
  ports: [6060],
  hosts: [],
  startedMs: null,
};
const two = [
  { job: "api", instance: "a:6060", start: 1000 },
  { job: "api", instance: "b:6060", start: 2000 },
];

async function fault(p: Promise<unknown>): Promise<string> {
  const e: unknown = await p.then(
    () => null,
    (x: unknown) => x,
  );
  if (!(e instanceof ProbeError)) throw new Error(`not a ProbeError: ${String(e)}`);
  expect(e.message).not.toMatch(/\n|query_range|%7B/);
  return `${e.fault}: ${e.message}`;
}

describe("fetchHistory", () => {
  it("finds the instance by its port and asks for no more points than it shows", async () => {
    const asked: URLSearchParams[] = [];
    const server = await prometheus([two[0], { job: "x", instance: "a:9100", start: 1 }], asked);
    const h = await fetchHistory({ ...request, server });
    expect(h.instance).toEqual({ job: "api", instance: "a:6060" });
    expect([...h.series[0].values]).toEqual([5, 5, 5]);
    const range = asked.find((p) => p.has("step"));
    expect([range?.get("start"), range?.get("end"), range?.get("step")]).toEqual(["1699978400", "1700000000", "90"]);
    expect(range?.get("query")).toMatch(/^\{__name__=~"[\w|]*go_goroutines[\w|]*",job="api",instance="a:6060"\}$/);
  });

  it("tells instances apart by start time, then by host, and else asks", async () => {
    const server = await prometheus(two);
    expect((await fetchHistory({ ...request, server, startedMs: 2_000_900 })).instance["instance"]).toBe("b:6060");
    expect((await fetchHistory({ ...request, server, hosts: ["c", "b"] })).instance["instance"]).toBe("b:6060");
    expect(await fault(fetchHistory({ ...request, server }))).toMatch(
      /knows 2 processes with port 6060 \(job=api instance=a:6060; job=api instance=b:6060\): choose with --history-match/,
    );
    expect(await fault(fetchHistory({ ...request, server, ports: [1] }))).toMatch(/knows no process with port 1 /);
    expect(await fault(fetchHistory({ ...request, server, ports: [] }))).toMatch(/no port of this process is known/);
  });

  it("takes matchers as they are written", async () => {
    const asked: URLSearchParams[] = [];
    const server = await prometheus([two[1]], asked);
    const h = await fetchHistory({ ...request, server, ports: [], match: ' {job="api", pod=~"b{2}.*",} ' });
    expect(h.instance["instance"]).toBe("b:6060");
    expect(asked[0].get("query")).toBe('last_over_time(process_start_time_seconds{job="api", pod=~"b{2}.*"}[21600s])');
    expect(asked[1].get("query")).toContain(',instance="b:6060",job="api", pod=~"b{2}.*"}');
  });

  it("sends credentials of the address as basic authentication, and never shows them", async () => {
    let seen: string | undefined;
    const server = await serve((req, res) => {
      seen = req.headers.authorization;
      res.writeHead(401).end("no");
    });
    const said = await fault(fetchHistory({ ...request, server: server.replace("://", "://me:s%20cret@") }));
    expect(said).toMatch(/^unauthorized: .*--history-header/);
    expect(said).not.toContain("cret");
    expect(seen).toBe(`Basic ${Buffer.from("me:s cret").toString("base64")}`);
  });

  const answers: [string, (res: ServerResponse) => void, RegExp][] = [
    ["a web page", (res) => void res.end("<html>"), /is not a Prometheus server/],
    [
      "a refusal",
      (res) => void res.writeHead(400).end('{"status":"error","error":"parse error at char 3"}'),
      /parse error at char 3/,
    ],
    ["null", (res) => void res.end("null"), /refuses the query/],
    [
      "another type",
      (res) => void res.end('{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}'),
      /not with a range/,
    ],
    [
      "null rows",
      (res) => void res.end('{"status":"success","data":{"resultType":"vector","result":[null,{"value":["x",2]}]}}'),
      /processes with port|no numbers/,
    ],
    ["ten gigabytes", (res) => flood(res), /sends more than 16 MiB/],
    ["half an answer", (res) => void res.writeHead(200, { "content-length": 100 }).end("{"), /closed the connection/],
  ];
  for (const [what, answer, message] of answers)
    it(`says in one line that it got ${what}`, async () => {
      const server = await serve((_, res) => answer(res));
      expect(await fault(fetchHistory({ ...request, server }))).toMatch(message);
    });

  it("says that nothing listens, and that an address is none", async () => {
    expect(await fault(fetchHistory({ ...request, server: "127.0.0.1:9" }))).toMatch(
      /nothing listens at http:..127.0.0.1:9/,
    );
    expect(await fault(fetchHistory({ ...request, server: "http://" }))).toMatch(
      /not the address of a Prometheus server/,
    );
  });
});

function flood(res: ServerResponse): void {
  const chunk = Buffer.alloc(1 << 20, 32);
  const more = (): void => {
    while (!res.destroyed && res.write(chunk));
    if (!res.destroyed) res.once("drain", more);
  };
  res.on("error", () => {});
  more();
}

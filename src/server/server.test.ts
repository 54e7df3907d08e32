import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, test } from "vitest";
import { UsageError } from "../base/errors.ts";
import type { TargetReply, TargetRow, VerdictView } from "./api.ts";
import { createApp } from "./app.ts";
import { Assets } from "./assets.ts";
import type { Backend } from "./backend.ts";
import { Events } from "./events.ts";
import { openApi, schemas } from "./openapi.ts";

const frame = { function: "main.work", file: "/src/main.go", line: 12 };
const verdict: VerdictView = {
  kind: "goroutine",
  name: "chan send|main.work",
  label: 'chan send at main.work "quoted"',
  status: "leak",
  shape: "leak",
  growth: { perSecond: 2, low: 1.9, high: 2.1, unit: "count" },
  value: 120,
  from: 4,
  unit: "count",
  limit: null,
  since: "2026-01-05T00:00:00.000Z",
  decidedAtSeconds: 42,
  errorRate: 1e-6,
  proven: 0,
  exhaustionSeconds: 3600,
  detectable: 0.1,
  location: frame,
  stack: [frame],
  evidence: ["From 4 to 120."],
  changeOfMind: "A fall.",
  finding: null,
};
const row: TargetRow = {
  name: "http://api:6060/x",
  address: "http://api:6060/x",
  labels: { job: "api" },
  state: "leak",
  leaks: 1,
  worst: {
    kind: "goroutine",
    name: verdict.name,
    label: verdict.label,
    growth: verdict.growth,
    exhaustionSeconds: 3600,
    since: verdict.since,
    finding: { rule: "goroutine-send-blocked", file: "main.go", line: 12, fingerprint: "f" },
  },
  levels: [{ kind: "goroutine", unit: "count", value: 120, trail: [1, null, 120] }],
  process: { pid: 7, startedMs: 1, goVersion: "go1.26.8", module: "example.com/api", revision: "abc" },
  looks: 60,
  lastMs: 1000,
  deployMs: null,
  failure: null,
};
const reply: TargetReply = {
  row,
  verdicts: [verdict],
  marks: [{ timeMs: 5, kind: "deploy", text: "v2" }],
  problems: [],
};
const captured: string[] = [];
const known = <T>(name: string, value: T): T | null => (name === row.name ? value : null);
const backend: Backend = {
  targets: () => ({ nowMs: 2000, intervalMs: 15_000, version: "1.2.3", stored: true, targets: [row] }),
  target: (name) => known(name, reply),
  series: (name, q) =>
    known(name, {
      fromMs: q.fromMs ?? 0,
      toMs: 10,
      series: [
        {
          kind: "goroutine" as const,
          name: "total",
          label: "goroutines",
          unit: "count" as const,
          counter: false,
          limit: null,
          location: null,
          times: [1, 2],
          values: [3, null],
        },
      ],
    }),
  goroutines: (name) =>
    name === "dead"
      ? Promise.reject(new UsageError("nothing listens at http://dead"))
      : Promise.resolve(
          known(name, {
            takenMs: 1,
            total: 3,
            from: "dump" as const,
            truncated: "",
            groups: [
              {
                count: 3,
                before: 1,
                wait: "chan send",
                known: null,
                minutes: { least: 1, median: 2, most: 3 },
                leaked: 0,
                site: frame,
                entry: frame,
                creator: null,
                stack: [frame],
              },
            ],
          }),
        ),
  profile: (name, kind) => Promise.resolve(kind === "heap" ? known(name, Uint8Array.of(1, 2, 3)) : null),
  storedProfiles: () => [{ timeMs: 1, name: "heap", hash: "a".repeat(64) }],
  storedProfile: (hash) => (hash === "a".repeat(64) ? Uint8Array.of(9) : null),
  diagnosis: (name) => Promise.resolve(known(name, '{"schema":"stanch.diagnose/1"}')),
  diagnosisMarkdown: (name) => Promise.resolve(known(name, "# Stanch\n")),
  diagnosisHtml: (name) => Promise.resolve(known(name, "<!DOCTYPE html>")),
  capture: (name) => {
    captured.push(name);
    return Promise.resolve(known(name, { bundle: "x.tgz", note: "" }));
  },
  targetsOfAlert: (labels) => (labels["instance"] === "api:6060" ? [row.name] : []),
  findings: () => {
    throw new Error("broken inside");
  },
  fix: (fingerprint) => Promise.resolve(fingerprint === "f" ? { title: "Close it", diff: "+x", why: "" } : null),
  revisions: (name) => known(name, [{ revision: "abc", fromMs: 1, toMs: 2, leaks: [verdict] }]),
  openBundle: (bytes) =>
    bytes.length === 3
      ? Promise.resolve('{"schema":"stanch.diagnose/1"}')
      : Promise.reject(new UsageError("the file is no bundle")),
  source: (_, file, line) =>
    file === "main.go" ? { file, from: "main.go", firstLine: line, lines: ["x := 1"], note: "" } : null,
};

const dir = mkdtempSync(join(tmpdir(), "stanch-web-"));
mkdirSync(join(dir, "web"));
writeFileSync(join(dir, "web/index.html"), "<!doctype html><title>Stanch</title>");
writeFileSync(join(dir, "web/app-ABCDEFGH.js"), "let a;");
writeFileSync(join(dir, "web/secret.pem"), "no");
const events = new Events();
afterAll(() => {
  events.close();
  rmSync(dir, { recursive: true });
});
const faults: unknown[] = [];

function app(guard: Partial<{ token: string | null; allowHosts: string[]; open: boolean }> = {}) {
  return createApp({
    backend,
    events,
    assets: new Assets(join(dir, "web")),
    guard: { token: null, allowHosts: [], open: false, ...guard },
    onFault: (e) => faults.push(e),
  });
}

async function call(path: string, init: RequestInit = {}, guard = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has("host")) headers.set("host", "127.0.0.1:7411");
  return app(guard).request(`http://127.0.0.1:7411${path}`, { ...init, headers });
}

const target = `/api/targets/${encodeURIComponent(row.name)}`;

describe("a bundle that is uploaded", () => {
  const post = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> =>
    call("/api/bundle", { method: "POST", body, headers });

  test("is diagnosed; what is none is said in one line, and too much is not read", async () => {
    expect(await (await post(Uint8Array.of(1, 2, 3))).json()).toEqual({ schema: "stanch.diagnose/1" });
    const none = await post(Uint8Array.of(1));
    expect([none.status, await none.json()]).toEqual([400, { error: "the file is no bundle" }]);
    const large = await post(Uint8Array.of(1, 2, 3), { "content-length": String(65 << 20) });
    expect([large.status, await large.json()]).toEqual([413, { error: "a bundle of more than 64 MiB is not taken" }]);
    // Whoever lies about the length is stopped at the limit all the same.
    const lying = await post(new Uint8Array(65 << 20), { "content-length": "5" });
    expect(lying.status).toBe(413);
  });

  test("comes from this page or a program, never from another page", async () => {
    const other = await post(Uint8Array.of(1, 2, 3), { "sec-fetch-site": "cross-site" });
    expect(other.status).toBe(403);
  });
});

describe("answers are what the OpenAPI document says", () => {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: "all", components: { schemas } });
  const cases: [string, string][] = [
    ["/api/targets", "Targets"],
    [target, "Target"],
    [`${target}/series?from=5&points=2`, "Series"],
    [`${target}/goroutines`, "Groups"],
    [`${target}/profiles`, "StoredProfiles"],
    [`${target}/revisions`, "Revisions"],
    ["/api/findings/f/fix", "Fix"],
    ["/api/source?file=main.go&line=3", "Source"],
    ["/verdict", "Gate"],
  ];
  for (const [path, name] of cases)
    test(path, async () => {
      const answer = await call(path);
      expect(answer.status).toBe(200);
      const fits = ajv.compile({ $ref: `all#/components/schemas/${name}` });
      fits(await answer.json());
      expect(fits.errors).toBeNull();
    });

  test("and the document that ships is this one", () => {
    const shipped = JSON.parse(readFileSync(new URL("../../docs/formats/openapi.json", import.meta.url), "utf8")) as {
      info: { version: string };
    };
    expect(shipped).toEqual(openApi(shipped.info.version));
  });

  test("every path of it is served", async () => {
    const { paths } = openApi("1") as { paths: Record<string, object> };
    for (const [path, methods] of Object.entries(paths)) {
      const address = path
        .replace("{name}", encodeURIComponent(row.name))
        .replace("{kind}", "heap")
        .replace("{hash}", "a".repeat(64));
      if (address === "/api/findings" || address === "/api/events") continue;
      const answer = await call(address, {
        method: Object.keys(methods)[0].toUpperCase(),
        ...("post" in methods ? { body: '{"alerts":[]}' } : {}),
      });
      // Nothing of that name, line or fingerprint; of a path that is not served the answer has no words of its own.
      const named = address.startsWith("/api/source") || address.includes("{fingerprint}");
      expect([address, answer.status === 404 && !named]).toEqual([address, false]);
    }
  });
});

describe("who may call", () => {
  test("another host name is turned away (DNS rebinding), one that is allowed is not", async () => {
    expect((await call("/api/targets", { headers: { host: "evil.example" } })).status).toBe(403);
    expect((await call("/", { headers: { host: "evil.example:7411" } })).status).toBe(403);
    for (const host of ["localhost:7411", "[::1]:7411", "127.0.0.2"])
      expect((await call("/api/targets", { headers: { host } })).status).toBe(200);
    const allowed = await call("/api/targets", { headers: { host: "stanch.corp" } }, { allowHosts: ["stanch.corp"] });
    expect(allowed.status).toBe(200);
  });

  test("with a token: header, cookie, and once in the address", async () => {
    const guard = { token: "s3cret" };
    expect((await call("/api/targets", {}, guard)).status).toBe(401);
    expect((await call("/api/targets", { headers: { authorization: "Bearer wrong" } }, guard)).status).toBe(401);
    expect((await call("/api/targets", { headers: { authorization: "Bearer s3cret" } }, guard)).status).toBe(200);
    expect((await call("/api/targets", { headers: { cookie: "a=b; stanch_token=s3cret" } }, guard)).status).toBe(200);
    const enter = await call("/t/x?token=s3cret&span=5", {}, guard);
    expect(enter.status).toBe(303);
    expect(enter.headers.get("location")).toBe("/t/x?span=5");
    expect(enter.headers.get("set-cookie")).toMatch(/HttpOnly; SameSite=Strict/);
  });

  test("another page cannot send anything", async () => {
    const post = (headers: Record<string, string>): Promise<Response> =>
      call(`${target}/capture`, { method: "POST", headers });
    expect((await post({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await post({ origin: "http://evil.example" })).status).toBe(403);
    expect((await post({ origin: "http://127.0.0.1:7411", "sec-fetch-site": "same-origin" })).status).toBe(200);
    expect((await post({})).status).toBe(200);
  });

  test("every answer carries the policy", async () => {
    for (const path of ["/", "/api/targets", "/api/none", "/metrics"]) {
      const { headers } = await call(path);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });
});

describe("routes", () => {
  test("errors are one sentence", async () => {
    expect(await (await call("/api/targets/none")).json()).toEqual({ error: "no target is called none" });
    const dead = await call("/api/targets/dead/goroutines");
    expect([dead.status, await dead.json()]).toEqual([502, { error: "nothing listens at http://dead" }]);
    expect((await call("/api/nothing")).status).toBe(404);
    expect((await call(`${target}/profile/../../etc`)).status).toBe(404);
    expect((await call("/api/profiles/zz")).status).toBe(404);
  });

  test("a fault inside says nothing of itself to the caller", async () => {
    const answer = await call("/api/findings");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("broken inside");
    expect(String(faults.at(-1))).toContain("broken inside");
  });

  test("metrics are Prometheus text with escaped labels", async () => {
    const text = await (await call("/metrics")).text();
    expect(text).toContain("# TYPE stanch_leak gauge");
    expect(text).toContain(
      'stanch_leak{target="http://api:6060/x",kind="goroutine",signal="chan send at main.work \\"quoted\\"",line="/src/main.go:12"} 1',
    );
    expect(text).toContain("stanch_target_up");
  });

  test("an Alertmanager message captures the target that it means, once", async () => {
    captured.length = 0;
    const alerts = [
      { status: "firing", labels: { instance: "api:6060", alertname: "GoroutinesHigh" } },
      { status: "firing", labels: { instance: "api:6060" } },
      { status: "resolved", labels: { instance: "api:6060" } },
      { status: "firing", labels: { instance: "other:1" } },
      null,
    ];
    const answer = await call("/api/alerts", { method: "POST", body: JSON.stringify({ version: "4", alerts }) });
    const { captured: taken } = (await answer.json()) as { captured: { page: string }[] };
    expect(captured).toEqual([row.name]);
    expect(taken[0].page).toBe(`/t/${encodeURIComponent(row.name)}/suspects`);
    for (const body of ["not json", "{}", '{"alerts":5}'])
      expect((await call("/api/alerts", { method: "POST", body })).status).toBe(400);
    expect((await call("/api/alerts", { method: "POST", body: "x".repeat(2 << 20) })).status).toBe(400);
  });

  test("the page at every address that is not the API's, and only its own files", async () => {
    expect(await (await call("/t/anything/heap")).text()).toContain("<title>Stanch</title>");
    const script = await call("/app-ABCDEFGH.js", { headers: { "accept-encoding": "gzip" } });
    expect(script.headers.get("cache-control")).toContain("immutable");
    expect(script.headers.get("content-encoding")).toBe("gzip");
    expect(await (await call("/secret.pem")).text()).toContain("<!doctype html>");
    expect(await (await call("/../web/secret.pem")).text()).toContain("<!doctype html>");
  });
});

describe("events", () => {
  test("say hello, then what happens; looks are gathered", async () => {
    const own = new Events(() => 77);
    const reader = own.subscribe()?.getReader();
    const read = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(await read()).toContain('{"type":"hello","nowMs":77}');
    expect(own.open).toBe(1);
    own.look("a");
    own.look("a");
    own.look("b");
    expect(await read()).toContain('{"type":"looks","targets":["a","b"]}');
    await reader?.cancel();
    expect(own.open).toBe(0);
    own.close();
  });

  test("a page that does not read is let go; too many are refused", () => {
    const own = new Events();
    own.subscribe();
    for (let i = 0; i < 40; i++)
      own.publish({ type: "state", target: "t", state: "failing", message: "x".repeat(64 << 10) });
    expect(own.open).toBe(0);
    for (let i = 0; i < 256; i++) expect(own.subscribe()).not.toBeNull();
    expect(own.subscribe()).toBeNull();
    own.close();
  });
});

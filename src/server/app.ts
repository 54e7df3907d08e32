/**
 * The routes. A Request in, a Response out, no sockets: tests call `app.request(…)`.
 *
 *     /                      the page (and every address below it that is not one of these)
 *     /api/…                 JSON for the page and for programs: docs/formats/openapi.json
 *     /metrics /verdict /healthz
 */
import { Hono, type Context } from "hono";
import { UsageError } from "../base/errors.ts";
import type { Failure, GateReply } from "./api.ts";
import type { Assets } from "./assets.ts";
import type { Backend } from "./backend.ts";
import type { Events } from "./events.ts";
import { Guard, securityHeaders, type GuardOptions } from "./guard.ts";
import { metricsText } from "./metrics.ts";
import { openApi } from "./openapi.ts";

export interface AppOptions {
  readonly backend: Backend;
  readonly events: Events;
  readonly assets: Assets;
  readonly guard: GuardOptions;
  /** Told of what broke inside; the caller gets one plain line. */
  readonly onFault: (e: unknown) => void;
}

/** An Alertmanager message larger than this is none. */
const BODY_LIMIT = 1 << 20;
const BUNDLE_LIMIT = 64 << 20;
const MOST_POINTS = 5000;

export function createApp({ backend, events, assets, guard: guardOptions, onFault }: AppOptions): Hono {
  const app = new Hono();
  const guard = new Guard(guardOptions);

  app.use(async (c, next) => {
    const answer = guard.judge({
      method: c.req.method,
      url: new URL(c.req.url),
      header: (name) => c.req.header(name) ?? null,
    });
    if (answer.kind === "refuse") return fail(c, answer.status, answer.error);
    if (answer.kind === "enter")
      return new Response(null, {
        status: 303,
        headers: { ...securityHeaders, location: answer.location, "set-cookie": answer.cookie },
      });
    await next();
    for (const [name, value] of Object.entries(securityHeaders)) c.res.headers.set(name, value);
    if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
    return undefined;
  });

  app.onError((e, c) => {
    if (e instanceof UsageError) return fail(c, 502, e.message);
    onFault(e);
    return fail(c, 500, "a fault of Stanch itself; its terminal says more");
  });

  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/openapi.json", (c) => c.json(openApi(backend.targets().version)));
  app.get("/metrics", (c) =>
    c.text(
      metricsText(backend.targets(), (name) => backend.target(name), {
        pages: events.open,
        rssBytes: process.memoryUsage.rss(),
      }),
      200,
      { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    ),
  );

  app.get("/verdict", (c) => {
    const name = c.req.query("target") ?? "";
    const { targets } = backend.targets();
    const row = name === "" && targets.length === 1 ? targets[0] : targets.find((t) => t.name === name);
    if (row === undefined)
      return fail(c, 404, name === "" ? "name a target: /verdict?target=…" : `no target is called ${name}`);
    const reply: GateReply = {
      target: row.name,
      status: row.state,
      leaks: row.leaks,
      looks: row.looks,
      worst: row.worst?.label ?? null,
    };
    return c.json(reply);
  });

  app.get("/api/targets", (c) => c.json(backend.targets()));

  app.get("/api/targets/:name", (c) => orMissing(c, backend.target(nameOf(c))));

  app.get("/api/targets/:name/series", (c) =>
    orMissing(
      c,
      backend.series(nameOf(c), {
        kind: c.req.query("kind") ?? null,
        name: c.req.query("signal") ?? null,
        fromMs: numberOf(c.req.query("from")),
        toMs: numberOf(c.req.query("to")),
        points: Math.max(2, Math.min(MOST_POINTS, numberOf(c.req.query("points")) ?? 600)),
      }),
    ),
  );

  app.get("/api/targets/:name/goroutines", async (c) =>
    orMissing(c, await backend.goroutines(nameOf(c), c.req.raw.signal)),
  );

  app.get("/api/targets/:name/profiles", (c) => c.json(backend.storedProfiles(nameOf(c))));

  app.get("/api/targets/:name/revisions", (c) => {
    const found = backend.revisions(nameOf(c));
    return found === null ? fail(c, 404, `no target is called ${nameOf(c)}`) : c.json(found);
  });

  app.get("/api/targets/:name/profile/:kind", async (c) => {
    const kind = c.req.param("kind");
    if (!/^[a-z]{1,32}$/.test(kind)) return fail(c, 404, "no such profile");
    const bytes = await backend.profile(nameOf(c), kind, c.req.raw.signal);
    return bytes === null ? fail(c, 404, "the target serves no such profile") : octets(bytes);
  });

  app.get("/api/profiles/:hash", (c) => {
    const hash = c.req.param("hash");
    const bytes = /^[0-9a-f]{64}$/.test(hash) ? backend.storedProfile(hash) : null;
    return bytes === null ? fail(c, 404, "no such profile is kept") : octets(bytes);
  });

  app.get("/api/targets/:name/diagnosis", async (c) => {
    const text = await backend.diagnosis(nameOf(c), c.req.raw.signal);
    return text === null
      ? fail(c, 404, `no target is called ${nameOf(c)}`)
      : c.body(text, 200, { "content-type": "application/json; charset=utf-8" });
  });

  app.get("/api/targets/:name/diagnosis.md", async (c) =>
    download(c, await backend.diagnosisMarkdown(nameOf(c), c.req.raw.signal), "text/markdown", "stanch-diagnosis.md"),
  );

  // To be kept, not shown from here: its styles are its own, which the policy of this server does not allow.
  app.get("/api/targets/:name/diagnosis.html", async (c) =>
    download(c, await backend.diagnosisHtml(nameOf(c), c.req.raw.signal), "text/html", "stanch-diagnosis.html"),
  );

  app.post("/api/targets/:name/capture", async (c) => orMissing(c, await backend.capture(nameOf(c))));

  app.get("/api/findings", async (c) => c.json(await backend.findings(c.req.raw.signal)));

  app.get("/api/findings/:fingerprint/fix", async (c) => {
    const fix = await backend.fix(c.req.param("fingerprint"));
    return fix === null ? fail(c, 404, "no such finding in what was checked last: check again") : c.json(fix);
  });

  // One at a time: each may take as much memory as a bundle may unpack to.
  let opening = false;
  app.post("/api/bundle", async (c) => {
    if (opening) return fail(c, 503, "another bundle is being read: try again in a moment");
    opening = true;
    try {
      const bytes = await bytesOf(c, BUNDLE_LIMIT);
      if (bytes === null) return fail(c, 413, `a bundle of more than ${BUNDLE_LIMIT >> 20} MiB is not taken`);
      const text = await backend.openBundle(bytes, c.req.raw.signal).catch((e: unknown) => {
        if (e instanceof UsageError) return e;
        throw e;
      });
      return typeof text === "string"
        ? c.body(text, 200, { "content-type": "application/json; charset=utf-8" })
        : fail(c, 400, text.message);
    } finally {
      opening = false;
    }
  });

  app.get("/api/source", (c) => {
    const file = c.req.query("file") ?? "";
    const line = numberOf(c.req.query("line")) ?? 1;
    const around = Math.max(0, Math.min(500, numberOf(c.req.query("around")) ?? 12));
    const found = backend.source(c.req.query("target") ?? null, file, line, around);
    return found === null
      ? fail(c, 404, "this file is not at hand, or not below a folder whose files may be shown (server.source-roots)")
      : c.json(found);
  });

  app.get("/api/events", (c) => {
    const stream = events.subscribe();
    if (stream === null) return fail(c, 503, "too many open pages");
    return c.body(stream, 200, { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
  });

  // Alertmanager's webhook: an alert for an instance has it captured and diagnosed.
  app.post("/api/alerts", async (c) => {
    const message = await jsonOf(c);
    const alerts = (message as { alerts?: unknown } | null)?.alerts;
    if (!Array.isArray(alerts)) return fail(c, 400, "not an Alertmanager message: it has no list of alerts");
    const taken: { target: string; bundle: string | null; note: string; page: string }[] = [];
    const seen = new Set<string>();
    for (const alert of (alerts as unknown[]).slice(0, 100)) {
      const { status, labels } = (alert ?? {}) as { status?: unknown; labels?: unknown };
      if (status !== "firing" || typeof labels !== "object" || labels === null) continue;
      const text = Object.fromEntries(Object.entries(labels).map(([k, v]) => [k, String(v)]));
      for (const target of backend.targetsOfAlert(text)) {
        if (seen.has(target)) continue;
        seen.add(target);
        const bundle = await backend.capture(target);
        if (bundle !== null) taken.push({ target, ...bundle, page: `/t/${encodeURIComponent(target)}/suspects` });
      }
    }
    return c.json({ captured: taken });
  });

  app.all("/api/*", (c) => fail(c, 404, "there is no such address: /openapi.json lists them"));

  app.get("*", (c) => assets.serve(new URL(c.req.url).pathname, c.req.header("accept-encoding") ?? ""));
  return app;
}

function nameOf(c: Context): string {
  return c.req.param("name") ?? "";
}

function numberOf(text: string | undefined): number | null {
  if (text === undefined || text === "") return null;
  const n = Number(text);
  return Number.isFinite(n) ? n : null;
}

function orMissing(c: Context, reply: object | null): Response {
  return reply === null ? fail(c, 404, `no target is called ${nameOf(c)}`) : c.json(reply);
}

function fail(c: Context, status: 400 | 401 | 403 | 404 | 413 | 500 | 502 | 503, error: string): Response {
  const body: Failure = { error };
  return c.json(body, status, securityHeaders);
}

function download(c: Context, text: string | null, type: string, name: string): Response {
  return text === null
    ? fail(c, 404, `no target is called ${nameOf(c)}`)
    : c.body(text, 200, {
        "content-type": `${type}; charset=utf-8`,
        "content-disposition": `attachment; filename="${name}"`,
      });
}

function octets(bytes: Uint8Array): Response {
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "content-type": "application/octet-stream" } });
}

/** Null for what is no JSON or too large. */
async function jsonOf(c: Context): Promise<unknown> {
  const bytes = await bytesOf(c, BODY_LIMIT);
  if (bytes === null) return null;
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown;
  } catch {
    return null;
  }
}

/** Null for more than `limit` bytes, of which no more are read. */
async function bytesOf(c: Context, limit: number): Promise<Uint8Array | null> {
  if (Number(c.req.header("content-length") ?? 0) > limit) return null;
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    size += value.byteLength;
    if (size > limit) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
}

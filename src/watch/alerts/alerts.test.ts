import { createServer, type Server } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { signal } from "../../series/testing.ts";
import type { Verdict } from "../verdict.ts";
import type { Alert, Sink } from "./alert.ts";
import { Alerts, type AlertsOptions } from "./alerts.ts";
import { makeSink, parseSink, webhookBody } from "./sinks.ts";

function verdict(name: string, status: Verdict["status"] = "leak"): Verdict {
  return {
    signal: signal("goroutine", name, { limit: 1000 }),
    kind: "goroutine",
    status,
    shape: status === "leak" ? "leak" : "healthy",
    growth: { perSecond: 1, low: 0.9, high: 1.1, unit: "count" },
    value: 100,
    from: 10,
    sinceMs: 1000,
    decidedMs: 2000,
    errorRate: 1e-6,
    proven: 0,
    exhaustionSeconds: 600,
    detectable: null,
    evidence: ["It grows"],
    changeOfMind: "A fall.",
    location: { function: "main.work", file: "/src/work.go", line: 7 },
    stack: [],
  };
}

const api = { name: "api", labels: { team: "pay" } };

describe("who is told, and when", () => {
  let sent: Alert[];
  const sink: Sink = { send: (a) => void sent.push(...a), close: () => Promise.resolve() };
  const make = (more: Partial<AlertsOptions> = {}): Alerts =>
    new Alerts({ sinks: [sink], evidence: null, repeatMs: 3_600_000, gatherMs: 1000, ...more });
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
  });
  afterEach(() => void vi.useRealTimers());

  test("a leak is told once, again after a long time, and when it is over", async () => {
    const alerts = make();
    for (let i = 0; i < 5; i++) alerts.update(api, [verdict("a"), verdict("b", "healthy")]);
    await vi.advanceTimersByTimeAsync(1500);
    alerts.update(api, [verdict("a")]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent.map((a) => [a.status, a.verdict.signal.name])).toEqual([["firing", "a"]]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(sent.length).toBe(2);
    alerts.update(api, [], "The process was started anew.");
    expect(sent[2]).toMatchObject({ status: "resolved", note: "The process was started anew." });
    expect(sent[2].endsMs).not.toBeNull();
    alerts.update(api, []);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(sent.length).toBe(3);
  });

  test("leaks of one target that come together are sent together, with their evidence", async () => {
    const evidence = vi.fn(() => Promise.resolve({ bundle: "look.tgz", note: "" }));
    const alerts = make({ evidence });
    alerts.update(api, [verdict("a")]);
    alerts.update(api, [verdict("a"), verdict("b")]);
    alerts.update({ name: "web", labels: {} }, [verdict("a")]);
    await vi.advanceTimersByTimeAsync(1500);
    expect(evidence.mock.calls.length).toBe(2);
    expect(sent.map((a) => `${a.target} ${a.verdict.signal.name} ${a.bundle}`)).toEqual([
      "api a look.tgz",
      "api b look.tgz",
      "web a look.tgz",
    ]);
  });

  test("silent during a deploy: what still leaks after it is told then, what is over never", async () => {
    const alerts = make();
    alerts.silence(null, Date.now() + 60_000);
    alerts.update(api, [verdict("a"), verdict("b")]);
    await vi.advanceTimersByTimeAsync(30_000);
    alerts.update(api, [verdict("a")]);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sent.map((a) => [a.status, a.verdict.signal.name])).toEqual([["firing", "a"]]);
  });

  test("a silence of one target is not one of others", async () => {
    const alerts = make();
    alerts.silence("api", Date.now() + 60_000);
    alerts.update(api, [verdict("a")]);
    alerts.update({ name: "web", labels: {} }, [verdict("a")]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sent.map((a) => a.target)).toEqual(["web"]);
  });
});

const firing: Alert = {
  fingerprint: "api\tgoroutine\ta",
  status: "firing",
  target: "api",
  targetLabels: api.labels,
  verdict: verdict("a"),
  startsMs: 1_700_000_000_000,
  endsMs: null,
  bundle: "ev/api.tgz",
  note: "",
};

describe("sinks", () => {
  const scratch = mkdtempSync(join(tmpdir(), "stanch-alerts-"));
  const servers: Server[] = [];
  afterAll(() => {
    rmSync(scratch, { recursive: true });
    for (const s of servers) {
      s.closeAllConnections();
      s.close();
    }
  });
  const listen = async (answer: (path: string, body: string) => number | null): Promise<string> => {
    const server = createServer((req, res) => {
      let body = "";
      req.setEncoding("utf8").on("data", (t: string) => (body += t));
      req.on("end", () => {
        const status = answer(req.url ?? "", body);
        if (status !== null) res.writeHead(status).end();
      });
    });
    servers.push(server);
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  };

  test("the webhook gets Alertmanager's message; a refusal is tried again", async () => {
    const bodies: string[] = [];
    const url = await listen((_, body) => (bodies.push(body) === 1 ? 503 : 200));
    const problems: string[] = [];
    const sink = makeSink(parseSink(`webhook:${url}/hook`), {
      write: () => {},
      onProblem: (m) => void problems.push(m),
      retriesMs: [10],
    });
    sink.send([firing]);
    await sink.close(5000);
    expect(bodies.length).toBe(2);
    expect(problems).toEqual([expect.stringMatching(/^webhook 127\.0\.0\.1:\d+: HTTP 503/)]);
    expect(JSON.parse(bodies[1])).toMatchObject({
      version: "4",
      status: "firing",
      receiver: "stanch",
      commonLabels: { alertname: "StanchLeak", instance: "api", kind: "goroutine", team: "pay", function: "main.work" },
      alerts: [
        {
          status: "firing",
          startsAt: "2023-11-14T22:13:20.000Z",
          endsAt: "0001-01-01T00:00:00Z",
          annotations: { bundle: "ev/api.tgz", line: "/src/work.go:7" },
        },
      ],
    });
    expect(
      (webhookBody([{ ...firing, status: "resolved", endsMs: 1_700_000_060_000 }]) as { status: string }).status,
    ).toBe("resolved");
  });

  test("a webhook that hangs times out, says so once, and holds up nobody", async () => {
    const url = await listen(() => null);
    const problems: string[] = [];
    const sink = makeSink(parseSink(`webhook:${url}`), {
      write: () => {},
      onProblem: (m) => void problems.push(m),
      timeoutMs: 50,
      retriesMs: [],
    });
    for (let i = 0; i < 500; i++) sink.send([firing]);
    await sink.close(200);
    expect(problems.some((p) => /no answer within 0.05 s/.test(p))).toBe(true);
    expect(problems.some((p) => /does not keep up/.test(p))).toBe(true);
  });

  test("an Alertmanager gets API v2's list, with an end that keeps it alive", async () => {
    const got: { path: string; body: string }[] = [];
    const url = await listen((path, body) => (got.push({ path, body }), 200));
    const sink = makeSink(parseSink(`alertmanager:${url}`), {
      write: () => {},
      onProblem: () => {},
      clock: () => 1_700_000_100_000,
    });
    sink.send([firing]);
    sink.send([{ ...firing, status: "resolved", endsMs: 1_700_000_050_000 }]);
    await sink.close(5000);
    expect(got.map((g) => g.path)).toEqual(["/api/v2/alerts", "/api/v2/alerts"]);
    const ends = got.map((g) => (JSON.parse(g.body) as { endsAt: string }[])[0].endsAt);
    expect(ends).toEqual(["2023-11-14T22:20:00.000Z", "2023-11-14T22:14:10.000Z"]);
  });

  test("a command gets the message on its input; one that fails or hangs is said", async () => {
    const out = join(scratch, "got");
    const problems: string[] = [];
    const options = { write: () => {}, onProblem: (m: string) => void problems.push(m), timeoutMs: 100 };
    const good = makeSink(parseSink(`exec:cat > ${out}; echo "$STANCH_STATUS $STANCH_TARGET" >> ${out}`), options);
    good.send([firing]);
    await good.close(5000);
    const text = readFileSync(out, "utf8");
    expect(text).toContain('"receiver":"stanch"');
    expect(text).toContain("firing api");
    const bad = makeSink(parseSink("exec:echo no >&2; exit 3"), options);
    bad.send([firing]);
    await bad.close(5000);
    const hangs = makeSink(parseSink("exec:exec sleep 60"), options);
    hangs.send([firing]);
    await hangs.close(5000);
    expect(problems).toEqual([
      expect.stringMatching(/ended with 3 no/),
      expect.stringMatching(/did not end within 0\.3 s/),
    ]);
  });

  test("Slack gets a message it shows, in which names are data; whoever reads JSON gets ours", async () => {
    const got: { path: string; body: string }[] = [];
    const url = await listen((path, body) => (got.push({ path, body }), 200));
    const options = { write: () => {}, onProblem: () => {} };
    const evil: Alert = {
      ...firing,
      target: "<!channel> & <https://evil|api>\u202e\u001b[31m",
      verdict: { ...firing.verdict, evidence: ["x".repeat(9000)] },
    };
    for (const kind of ["slack", "json"]) {
      const sink = makeSink(parseSink(`${kind}:${url}/services/T0`), options);
      sink.send([evil, { ...firing, status: "resolved", endsMs: 1_700_000_060_000 }]);
      await sink.close(5000);
    }
    const [slack, own] = got.map((g) => JSON.parse(g.body) as Record<string, unknown>);
    const attachments = slack["attachments"] as {
      color: string;
      title: string;
      text: string;
      fields: { title: string }[];
    }[];
    expect(slack["text"]).toBe(":rotating_light: 1 leak began, 1 ended");
    expect(attachments.map((a) => a.color)).toEqual(["danger", "good"]);
    expect(attachments[0].title).toContain("&lt;!channel&gt; &amp; &lt;https://evil|api&gt;\ufffd\ufffd[31m leaks");
    expect(attachments[0].text.length).toBeLessThanOrEqual(3000);
    expect(attachments[0].fields.map((f) => f.title)).toEqual(expect.arrayContaining(["Target", "Kind", "Line"]));
    expect(got[0].body).not.toMatch(/<!|[\u202e\u001b]/);
    expect(own).toMatchObject({
      schema: "stanch.alert/1",
      alerts: [
        { status: "firing", kind: "goroutine", ends: null, location: { line: 7 } },
        { status: "resolved", ends: "2023-11-14T22:14:20.000Z" },
      ],
    });
  });

  test("what is no sink is an error", () => {
    expect(() => parseSink("mail:me")).toThrow(/stdout, exec:COMMAND/);
    expect(() => parseSink("webhook:nowhere")).toThrow(/not a URL/);
  });
});

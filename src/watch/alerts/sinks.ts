/** Who is told: a stream, a program, a webhook in one of three tongues (Alertmanager's, Slack's, our own), an Alertmanager. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { request } from "undici";
import { UsageError } from "../../base/errors.ts";
import { annotationsOf, descriptionOf, labelsOf, summaryOf, type Alert, type Sink } from "./alert.ts";
import { jsonBody, slackBody } from "./messages.ts";
import { QueuedSink } from "./queue.ts";

export type SinkSpec =
  | { readonly type: "stdout" }
  | { readonly type: "exec"; readonly command: readonly string[] }
  | {
      readonly type: "webhook" | "slack" | "json" | "alertmanager";
      readonly url: string;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    };

export interface SinkOptions {
  readonly write: (text: string) => void;
  readonly onProblem: (message: string) => void;
  /** One delivery may take so long. */
  readonly timeoutMs?: number;
  readonly retriesMs?: readonly number[];
  readonly clock?: () => number;
}

const TIMEOUT_MS = 10_000;
/** An Alertmanager takes an alert for over when it is not told again: its resolve_timeout is 5 min unless set. */
const AGAIN_MS = 60_000;
const VALID_MS = 300_000;

/** `stdout`, `exec:COMMAND` (run by sh), `webhook:URL`, `slack:URL`, `json:URL`, `alertmanager:URL`. */
export function parseSink(text: string): SinkSpec {
  if (text === "stdout") return { type: "stdout" };
  const m = /^(exec|webhook|slack|json|alertmanager):(.+)$/s.exec(text);
  if (m === null)
    throw new UsageError(`--alert ${text}: stdout, exec:COMMAND, webhook:URL, slack:URL, json:URL or alertmanager:URL`);
  if (m[1] === "exec") return { type: "exec", command: ["sh", "-c", m[2]] };
  if (!URL.canParse(m[2]) || !/^https?:/.test(m[2])) throw new UsageError(`--alert ${text}: not a URL: ${m[2]}`);
  return { type: m[1] as "webhook" | "slack" | "json" | "alertmanager", url: m[2] };
}

export function makeSink(spec: SinkSpec, options: SinkOptions): Sink {
  const { onProblem, retriesMs } = options;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  switch (spec.type) {
    case "stdout":
      return {
        send: (alerts) => {
          for (const a of alerts) options.write(alertLine(a));
        },
        close: () => Promise.resolve(),
      };
    case "exec":
      return new QueuedSink(
        `alert command ${spec.command.at(-1) ?? ""}`,
        (alerts, signal) => execute(spec.command, alerts, timeoutMs * 3, signal),
        onProblem,
        // What it did before it failed, it may have done: not run again.
        [],
      );
    case "webhook":
      return new QueuedSink(
        `webhook ${new URL(spec.url).host}`,
        (alerts, signal) => post(spec.url, spec.headers, webhookBody(alerts), timeoutMs, signal),
        onProblem,
        retriesMs,
      );
    // The address of a Slack webhook is its secret: nothing but its host is ever said.
    case "slack":
      return new QueuedSink(
        `Slack webhook ${new URL(spec.url).host}`,
        (alerts, signal) => post(spec.url, spec.headers, slackBody(alerts), timeoutMs, signal),
        onProblem,
        retriesMs,
      );
    case "json":
      return new QueuedSink(
        `webhook ${new URL(spec.url).host}`,
        (alerts, signal) => post(spec.url, spec.headers, jsonBody(alerts), timeoutMs, signal),
        onProblem,
        retriesMs,
      );
    default:
      return new AlertmanagerSink(spec.url, spec.headers, options);
  }
}

export function alertLine(a: Alert): string {
  const bundle = a.bundle === null ? "" : `  evidence: ${a.bundle}`;
  return `${a.status === "firing" ? "ALERT" : "OVER "}  ${summaryOf(a)}. ${descriptionOf(a)}${bundle}\n`;
}

function fingerprint(a: Alert): string {
  return createHash("sha256").update(a.fingerprint).digest("hex").slice(0, 16);
}

/** Alertmanager's webhook message, version 4. */
export function webhookBody(alerts: readonly Alert[]): unknown {
  const list = alerts.map((a) => ({
    status: a.status,
    labels: labelsOf(a),
    annotations: annotationsOf(a),
    startsAt: new Date(a.startsMs).toISOString(),
    endsAt: a.endsMs === null ? "0001-01-01T00:00:00Z" : new Date(a.endsMs).toISOString(),
    generatorURL: "",
    fingerprint: fingerprint(a),
  }));
  const firing = alerts.some((a) => a.status === "firing");
  return {
    version: "4",
    groupKey: `{}:{instance=${JSON.stringify(alerts[0]?.target ?? "")}}`,
    truncatedAlerts: 0,
    status: firing ? "firing" : "resolved",
    receiver: "stanch",
    groupLabels: { alertname: "StanchLeak", instance: alerts[0]?.target ?? "" },
    commonLabels: common(list.map((a) => a.labels)),
    commonAnnotations: common(list.map((a) => a.annotations)),
    externalURL: "",
    alerts: list,
  };
}

function common(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first, ...rest] = all;
  if (first === undefined) return {};
  return Object.fromEntries(Object.entries(first).filter(([k, v]) => rest.every((r) => r[k] === v)));
}

/** API v2. Firing alerts are sent again each minute, as Prometheus does, so that they stay. */
class AlertmanagerSink implements Sink {
  private readonly queue: QueuedSink;
  private readonly firing = new Map<string, Alert>();
  private timer: NodeJS.Timeout | null = null;
  private readonly clock: () => number;

  constructor(url: string, headers: Readonly<Record<string, string>> | undefined, options: SinkOptions) {
    this.clock = options.clock ?? Date.now;
    const base = url.endsWith("/") ? url : `${url}/`;
    const api = /\/api\/v2\/alerts\/?$/.test(url) ? url : new URL("api/v2/alerts", base).href;
    this.queue = new QueuedSink(
      `Alertmanager ${new URL(url).host}`,
      (alerts, signal) =>
        post(
          api,
          headers,
          alerts.map((a) => this.message(a)),
          options.timeoutMs ?? TIMEOUT_MS,
          signal,
        ),
      options.onProblem,
      options.retriesMs,
    );
  }

  send(alerts: readonly Alert[]): void {
    for (const a of alerts)
      if (a.status === "firing") this.firing.set(a.fingerprint, a);
      else this.firing.delete(a.fingerprint);
    this.queue.send(alerts);
    this.timer ??= setInterval(() => {
      if (this.firing.size > 0) this.queue.send([...this.firing.values()]);
    }, AGAIN_MS).unref();
  }

  async close(ms: number): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.queue.close(ms);
  }

  private message(a: Alert): unknown {
    return {
      labels: labelsOf(a),
      annotations: annotationsOf(a),
      startsAt: new Date(a.startsMs).toISOString(),
      endsAt: new Date(a.endsMs ?? this.clock() + VALID_MS).toISOString(),
    };
  }
}

async function post(
  url: string,
  headers: Readonly<Record<string, string>> | undefined,
  body: unknown,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<void> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const reply = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "stanch", ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.any([late, stop]),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    let text = "";
    let read = 0;
    for await (const chunk of reply.body as AsyncIterable<Buffer>) {
      read += chunk.length;
      if (text.length < 200) text += chunk.toString("utf8");
      if (read > 1 << 20) break; // an answer that does not end is none
    }
    if (reply.statusCode >= 300)
      throw new Error(`HTTP ${reply.statusCode} ${text.slice(0, 200).replace(/\s+/g, " ")}`.trim());
  } catch (e) {
    if (late.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: e });
    throw e;
  }
}

/** The command gets the webhook's message on its input, and the first alert in its environment. */
function execute(
  command: readonly string[],
  alerts: readonly Alert[],
  timeoutMs: number,
  stop: AbortSignal,
): Promise<void> {
  const [first] = alerts;
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), {
      stdio: ["pipe", "ignore", "pipe"],
      env: {
        ...process.env,
        STANCH_STATUS: first.status,
        STANCH_TARGET: first.target,
        STANCH_KIND: first.verdict.kind,
        STANCH_SUMMARY: summaryOf(first),
        STANCH_BUNDLE: first.bundle ?? "",
      },
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      signal: stop,
    });
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (t: string) => {
      if (complaint.length < 300) complaint += t;
    });
    // A command need not read what it is given.
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(webhookBody(alerts)));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            signal === "SIGKILL"
              ? `did not end within ${timeoutMs / 1000} s`
              : `ended with ${code ?? signal} ${complaint.slice(0, 200).trim()}`.trim(),
          ),
        );
    });
  });
}

/** The API as an OpenAPI 3.1 document; docs/formats/openapi.json is this, and a test holds the server's answers against it. */

type Schema = Record<string, unknown>;

const text: Schema = { type: "string" };
const number: Schema = { type: "number" };
const flag: Schema = { type: "boolean" };
const list = (items: Schema): Schema => ({ type: "array", items });
const maybe = (s: Schema): Schema => ({ anyOf: [s, { type: "null" }] });
const oneOf = (...values: string[]): Schema => ({ enum: values });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
/** All properties are always there. */
const object = (properties: Record<string, Schema>): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const labels: Schema = { type: "object", additionalProperties: text };
const kind = oneOf("goroutine", "heap", "fd", "socket", "pool");
const state = oneOf("leak", "undecided", "healthy", "failing", "starting");
const unit = oneOf("count", "bytes");
const time = { type: "number", description: "Milliseconds since 1970." };

export const schemas: Readonly<Record<string, Schema>> = {
  Failure: object({ error: text }),
  Frame: object({ function: text, file: text, line: number }),
  Growth: object({ perSecond: number, low: number, high: number, unit }),
  Finding: object({ rule: text, file: text, line: number, fingerprint: text }),
  Verdict: object({
    kind,
    name: text,
    label: text,
    status: oneOf("leak", "healthy", "undecided"),
    shape: text,
    growth: maybe(ref("Growth")),
    value: maybe(number),
    from: maybe(number),
    unit,
    limit: maybe(number),
    since: maybe(text),
    decidedAtSeconds: maybe(number),
    errorRate: maybe(number),
    proven: number,
    exhaustionSeconds: maybe(number),
    detectable: maybe(number),
    location: maybe(ref("Frame")),
    stack: list(ref("Frame")),
    evidence: list(text),
    changeOfMind: text,
    finding: maybe(ref("Finding")),
  }),
  TargetRow: object({
    name: text,
    address: text,
    labels,
    state,
    leaks: number,
    worst: maybe(
      object({
        kind,
        name: text,
        label: text,
        growth: maybe(ref("Growth")),
        exhaustionSeconds: maybe(number),
        since: maybe(text),
        finding: maybe(ref("Finding")),
      }),
    ),
    levels: list(object({ kind, unit, value: maybe(number), trail: list(maybe(number)) })),
    process: maybe(
      object({
        pid: maybe(number),
        startedMs: maybe(time),
        goVersion: maybe(text),
        module: maybe(text),
        revision: maybe(text),
      }),
    ),
    looks: number,
    lastMs: maybe(time),
    deployMs: maybe(time),
    failure: maybe(text),
  }),
  Targets: object({ nowMs: time, intervalMs: number, version: text, stored: flag, targets: list(ref("TargetRow")) }),
  Target: object({
    row: ref("TargetRow"),
    verdicts: list(ref("Verdict")),
    marks: list(object({ timeMs: time, kind: oneOf("start", "deploy", "alarm", "resolved"), text })),
    problems: list(text),
  }),
  Series: object({
    fromMs: time,
    toMs: time,
    series: list(
      object({
        kind: oneOf("goroutine", "heap", "fd", "socket", "pool", "load"),
        name: text,
        label: text,
        unit,
        counter: flag,
        limit: maybe(number),
        location: maybe(ref("Frame")),
        times: list(time),
        values: list(maybe(number)),
      }),
    ),
  }),
  Groups: object({
    takenMs: time,
    total: number,
    from: oneOf("dump", "profile"),
    truncated: text,
    groups: list(
      object({
        count: number,
        before: maybe(number),
        wait: text,
        known: maybe(text),
        minutes: maybe(object({ least: number, median: number, most: number })),
        leaked: number,
        site: ref("Frame"),
        entry: ref("Frame"),
        creator: maybe(ref("Frame")),
        stack: list(ref("Frame")),
      }),
    ),
  }),
  StoredProfiles: list(object({ timeMs: time, name: text, hash: text })),
  Findings: object({
    root: text,
    packages: number,
    takenMs: time,
    findings: list(
      object({
        rule: text,
        file: text,
        line: number,
        fingerprint: text,
        severity: oneOf("error", "warning", "note"),
        message: text,
        function: text,
        column: number,
        path: list(object({ file: text, line: number, message: text })),
        fix: maybe(text),
        live: list(
          object({
            target: text,
            kind,
            label: text,
            tie: text,
            value: maybe(number),
            growth: maybe(ref("Growth")),
            since: maybe(text),
          }),
        ),
      }),
    ),
    problems: list(text),
  }),
  Fix: object({ title: text, diff: maybe(text), why: text }),
  Revisions: list(object({ revision: maybe(text), fromMs: time, toMs: time, leaks: list(ref("Verdict")) })),
  Source: object({ file: text, from: text, firstLine: number, lines: list(text), note: text }),
  Gate: object({ target: text, status: state, leaks: number, looks: number, worst: maybe(text) }),
  Capture: object({ bundle: maybe(text), note: text }),
  Captured: object({
    captured: list(object({ target: text, bundle: maybe(text), note: text, page: text })),
  }),
};

const json = (schema: Schema): Schema => ({ content: { "application/json": { schema } } });
const failure = { description: "One sentence that says what to do.", ...json(ref("Failure")) };
const query = (name: string, description: string): Schema => ({ name, in: "query", description, schema: text });
const inPath = (name: string): Schema => ({ name, in: "path", required: true, schema: text });

function get(summary: string, schema: Schema | string, parameters: Schema[] = []): Schema {
  const ok =
    typeof schema === "string"
      ? { description: summary, content: { [schema]: { schema: { type: "string" } } } }
      : { description: summary, ...json(schema) };
  return { get: { summary, parameters, responses: { 200: ok, default: failure } } };
}

export function openApi(version: string): Schema {
  const target = inPath("name");
  return {
    openapi: "3.1.0",
    info: {
      title: "stanch serve",
      version,
      description:
        "What the page asks, and programs may. With --token, send `Authorization: Bearer TOKEN`. A target's name is encoded as one part of the path.",
    },
    paths: {
      "/healthz": get("Whether the server answers", "text/plain"),
      "/metrics": get("Verdicts and the server itself, for Prometheus", "text/plain"),
      "/verdict": get("A target's state for rollout gates", ref("Gate"), [
        query("target", "Its name; may be left out where there is one only."),
      ]),
      "/api/targets": get("All targets", ref("Targets")),
      "/api/targets/{name}": get("One target with its verdicts", ref("Target"), [target]),
      "/api/targets/{name}/series": get("Signals over time", ref("Series"), [
        target,
        query("kind", "Only signals of this kind."),
        query("signal", "Only the signal of this name."),
        query("from", "Milliseconds since 1970."),
        query("to", "Milliseconds since 1970."),
        query("points", "At most so many points a series (2 to 5000; 600)."),
      ]),
      "/api/targets/{name}/goroutines": get("A look at the goroutines, in groups", ref("Groups"), [target]),
      "/api/targets/{name}/profiles": get("Profiles that the store keeps", ref("StoredProfiles"), [target]),
      "/api/targets/{name}/revisions": get("Runs that the store knows, the newest first", ref("Revisions"), [target]),
      "/api/targets/{name}/profile/{kind}": get("A profile as it is now, profile.proto", "application/octet-stream", [
        target,
        inPath("kind"),
      ]),
      "/api/profiles/{hash}": get("A profile of the store", "application/octet-stream", [inPath("hash")]),
      "/api/targets/{name}/diagnosis": get("The four steps (stanch.diagnose/1)", { type: "object" }, [target]),
      "/api/targets/{name}/diagnosis.md": get("The same as Markdown", "text/markdown", [target]),
      "/api/targets/{name}/diagnosis.html": get("The same as one page that loads nothing", "text/html", [target]),
      "/api/targets/{name}/capture": {
        post: {
          summary: "Take a bundle now",
          parameters: [target],
          responses: { 200: { description: "Taken, or why not", ...json(ref("Capture")) }, default: failure },
        },
      },
      "/api/findings": get("Findings of stanch check in the source roots, with live evidence", ref("Findings")),
      "/api/findings/{fingerprint}/fix": get("A finding's fix as a diff, tried in memory", ref("Fix"), [
        inPath("fingerprint"),
      ]),
      "/api/bundle": {
        post: {
          summary: "The four steps of a bundle (stanch.diagnose/1), which is not kept",
          requestBody: { required: true, content: { "application/gzip": { schema: { type: "string" } } } },
          responses: { 200: { description: "Its diagnosis", ...json({ type: "object" }) }, default: failure },
        },
      },
      "/api/source": get("Lines of a source file", ref("Source"), [
        query("file", "As a frame or a finding names it."),
        query("line", "The line in the middle."),
        query("around", "Lines before and after (12)."),
        query("target", "The target whose frame names it."),
      ]),
      "/api/events": get("Server-sent events: what has changed", "text/event-stream"),
      "/api/alerts": {
        post: {
          summary: "Alertmanager's webhook: a firing alert's targets are captured",
          requestBody: { required: true, content: { "application/json": { schema: { type: "object" } } } },
          responses: { 200: { description: "What was captured", ...json(ref("Captured")) }, default: failure },
        },
      },
    },
    components: { schemas },
  };
}

/**
 * The shape of `stanch.yaml`: types, checks and the JSON Schema for editors come from here. docs/formats/stanch-yaml.md
 *
 * Keys are as they are written in the file. Unknown ones are errors: a typo must not silently change what is checked.
 */
import * as v from "valibot";

/** `github.com/o/r/pkg.Func`, `(*pkg.Type).Method`, `(pkg.Interface).Method`: as `stanch check` names functions. */
const fullName =
  /^(?:[\w.~-]+(?:\/[\w.~-]+)*\.[\p{L}_][\p{L}\p{N}_]*|\(\*?[\w.~-]+(?:\/[\w.~-]+)*\.[\p{L}_][\p{L}\p{N}_]*\)\.[\p{L}_][\p{L}\p{N}_]*)$/u;
const typeName = /^\*?(?:[\w.~-]+(?:\/[\w.~-]+)*\.)?[\p{L}_][\p{L}\p{N}_]*$/u;
/** `Close`, `Body.Close`, `()`. */
const shortRelease = /^(?:\(\)|[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)?)$/u;
const durationText = /^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/;
const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `Close`, `Body.Close` in a release; `pool.Put` is a function of the package pool: no package's name has a capital first. */
export function isMember(release: string): boolean {
  return /^[\p{L}_]/u.test(release) && !release.includes("/") && (!release.includes(".") || /^\p{Lu}/u.test(release));
}

/** `250ms`, `30s`, `5m`, `2h`, `7d` in milliseconds; null for anything else. */
export function durationMs(text: string): number | null {
  const m = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return m === null ? null : Number(m[1]) * unitMs[m[2] as keyof typeof unitMs];
}

const name = (what: string): v.GenericSchema<string, string> =>
  v.pipe(
    v.string(),
    v.regex(fullName, `is no full name of ${what}: write path/to/pkg.Func or (*path/to/pkg.Type).Method`),
  );
const text = v.pipe(v.string(), v.nonEmpty("is empty"));
const oneOrMore = <T>(item: v.GenericSchema<T, T>): v.GenericSchema<T | T[], T[]> =>
  v.pipe(
    v.union([item, v.pipe(v.array(item), v.minLength(1, "is an empty list"))]),
    v.transform((x): T[] => (Array.isArray(x) ? x : [x])),
  ) as v.GenericSchema<T | T[], T[]>;
const duration = v.pipe(
  v.string(),
  v.regex(durationText, "is no duration: write 500ms, 30s, 5m, 2h or 7d"),
  v.transform((s) => durationMs(s) ?? 0),
);
const url = v.pipe(v.string(), v.regex(/^(?:https?:\/\/|\$\{)/i, "is no address: it begins with http:// or https://"));
const headers = v.record(
  v.pipe(v.string(), v.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is no header's name")),
  v.string(),
);
function said<const S extends v.GenericSchema>(schema: S, description: string) {
  return v.pipe(schema, v.description<v.InferOutput<S>, string>(description));
}

const resource = v.strictObject({
  name: said(text, 'What messages call it: "lease".'),
  acquire: said(oneOrMore(name("a function")), "Functions that hand one to their caller, by full name."),
  result: v.optional(
    said(
      v.pipe(v.number(), v.integer("is no whole number"), v.minValue(0, "is negative")),
      "Which result holds it, counted from 0. Without this the first one.",
    ),
  ),
  release: said(
    oneOrMore(
      v.pipe(
        v.string(),
        v.check(
          (s) => shortRelease.test(s) || fullName.test(s),
          "is no release: write a method (Close, Body.Close), () for a function that is called, or a function's full name",
        ),
      ),
    ),
    "What lets go of it: a method of the value (Close), of a field of it (Body.Close), () where the value is a function to call, or the full name of a function that takes it.",
  ),
  lifetime: v.optional(
    said(
      v.picklist(["call", "shared"]),
      "call: whoever acquires it releases it, on every path. shared: made once and kept; making one for every request is the leak.",
    ),
    "call",
  ),
});

const handler = v.union([
  name("a function"),
  v.strictObject({
    func: said(name("a function"), "A function or method, by full name."),
    runs: v.optional(said(text, 'When it runs: "for every job".'), "for every call"),
  }),
  v.strictObject({
    params: said(
      v.pipe(
        v.array(
          v.pipe(v.string(), v.regex(typeName, "is no type: write path/to/pkg.Type, with * before it for a pointer")),
        ),
        v.minLength(1, "is an empty list"),
      ),
      "Types of the parameters, in order: every function of that shape is a handler.",
    ),
    runs: v.optional(said(text, 'When it runs: "for every job".'), "for every call"),
  }),
]);

const level = v.picklist(["off", "note", "warning", "error"]);
const ruleLevels = v.union([
  level,
  v.strictObject({
    level: v.optional(said(level, "Everywhere else.")),
    paths: v.optional(
      said(
        v.record(text, level),
        'Levels by path, relative to this file: "cmd/**". The last pattern that fits counts.',
      ),
    ),
  }),
]);

const prometheus = v.strictObject({
  url: said(url, "A Prometheus server that scrapes the target."),
  match: v.optional(said(text, 'Matchers of the target\'s series: job="api",pod="api-0".')),
  headers: v.optional(headers),
});

const target = v.strictObject({
  url: v.optional(said(url, "Where its pprof endpoints are: http://host:6060 or http://host:6060/debug/pprof.")),
  pid: v.optional(v.pipe(v.number(), v.integer("is no whole number"), v.minValue(1, "is no process"))),
  unix: v.optional(
    said(
      v.pipe(v.string(), v.regex(/^(?:\/|\$\{)/, "is no absolute path")),
      "A unix socket that serves pprof, with :/path behind it where that is not /debug/pprof.",
    ),
  ),
  headers: v.optional(said(headers, "Sent with every request. ${NAME} is taken from the environment.")),
  ca: v.optional(said(text, "A PEM file with the certificate authority, relative to this file.")),
  insecure: v.optional(said(v.boolean(), "Do not verify certificates.")),
  metrics: v.optional(said(url, "Where it exposes Prometheus metrics, if not at /metrics of its address.")),
  prometheus: v.optional(prometheus),
  interval: v.optional(said(duration, "How often to look.")),
  labels: v.optional(v.record(v.pipe(v.string(), v.regex(/^[A-Za-z_][\w]*$/, "is no label's name")), v.string())),
});

const alert = v.variant("type", [
  v.strictObject({ type: v.literal("webhook"), url, headers: v.optional(headers) }),
  v.strictObject({ type: v.literal("slack"), url, headers: v.optional(headers) }),
  v.strictObject({ type: v.literal("json"), url, headers: v.optional(headers) }),
  v.strictObject({ type: v.literal("alertmanager"), url, headers: v.optional(headers) }),
  v.strictObject({ type: v.literal("exec"), command: v.pipe(v.array(v.string()), v.minLength(1, "names no program")) }),
  v.strictObject({ type: v.literal("stdout") }),
]);

export const schema = v.strictObject({
  resources: v.optional(said(v.array(resource), "Resources of this code base that have to be released."), []),
  "takes-ownership": v.optional(
    said(
      v.array(name("a function")),
      "Functions that release or keep what they are given: who calls them owes nothing more.",
    ),
    [],
  ),
  "never-returns": v.optional(
    said(v.array(name("a function")), "Functions that do not return to their caller: they exit, or panic."),
    [],
  ),
  handlers: v.optional(
    said(v.array(handler), "Functions that run again and again: for each request, message or job."),
    [],
  ),
  rules: v.optional(said(v.record(v.string(), ruleLevels), "Levels of rules, everywhere or by path."), {}),
  exclude: v.optional(
    said(v.array(text), 'Files and folders, relative to this file, in which nothing is reported: "third_party/**".'),
    [],
  ),
  source: v.optional(said(v.array(text), "Where the source of running programs is, for the live commands."), []),
  targets: v.optional(said(v.record(text, target), "Processes to look at, by name."), {}),
  alerts: v.optional(said(v.array(alert), "Who is told of a verdict."), []),
  watch: v.optional(
    v.strictObject({
      interval: v.optional(said(duration, "How often to look at each target.")),
      "stall-budget": v.optional(said(duration, "How long one look may stop a target's work.")),
      store: v.optional(said(text, "File in which what was seen is kept, relative to this file.")),
      retention: v.optional(said(duration, "How long it is kept.")),
      redact: v.optional(
        said(v.boolean(), "Leave label values and command-line arguments out of what is stored and of bundles."),
      ),
      trace: v.optional(
        said(duration, "When descriptors or connections leak, watch for so long who opens them (bpftrace, root)."),
      ),
      srv: v.optional(said(v.array(text), "DNS names whose SRV records are targets: _pprof._tcp.api.example.com.")),
      "file-sd": v.optional(
        said(v.array(text), "Prometheus file_sd files whose targets are watched, relative to this file."),
      ),
    }),
    {},
  ),
  server: v.optional(
    v.strictObject({
      listen: v.optional(said(text, "host:port; 127.0.0.1 unless said otherwise.")),
      token: v.optional(said(text, "Clients must send it. ${NAME} is taken from the environment.")),
      "allow-hosts": v.optional(said(v.array(text), "Host names by which it may be called.")),
      "source-roots": v.optional(said(v.array(text), "Folders whose files it may show.")),
    }),
    {},
  ),
});

export type Raw = v.InferOutput<typeof schema>;
export type Level = v.InferOutput<typeof level>;
export type RawTarget = v.InferOutput<typeof target>;
export type Alert = v.InferOutput<typeof alert>;

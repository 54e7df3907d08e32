/** Text to `Config`. Every error says where it is, what is wrong and, where a word is mistyped, what it should have been. */
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument, type Document } from "yaml";
import { UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { Config, DeclaredHandler, DeclaredResource, Position, RuleLevels, TargetEntry } from "./config.ts";
import { contradictions } from "./contradictions.ts";
import { isMember, type Raw, type RawTarget, schema } from "./schema.ts";

/** Larger files are not written by hand. */
const MaxBytes = 1 << 20;

type Path = readonly (string | number)[];

export interface ConfigProblem extends Position {
  readonly message: string;
}

export interface ParseOptions {
  /** Absolute path of the file: what relative paths in it begin at. */
  readonly file: string;
  /** Ids of the rules there are; not checked where they are not given. */
  readonly rules?: Iterable<string>;
}

/** A file that is not fit to be used; `problems` in the order of the file. */
export class ConfigError extends UsageError {
  constructor(
    readonly file: string,
    readonly problems: readonly ConfigProblem[],
    shown: string,
  ) {
    const [first, ...more] = problems;
    const rest = more.slice(0, MaxShown).map((p) => `\n  ${shown}:${p.line}:${p.column}: ${p.message}`);
    const left = more.length > MaxShown ? `\n  … and ${more.length - MaxShown} more` : "";
    super(`${shown}:${first.line}:${first.column}: ${first.message}${rest.join("")}${left}`);
  }
}
const MaxShown = 9;

/** @throws ConfigError. `shown` is the file's name in messages. */
export function parseConfig(text: string, options: ParseOptions, shown: string = options.file): Config {
  const found = readConfig(text, options);
  if (found.config === null) throw new ConfigError(options.file, found.problems, shown);
  return found.config;
}

/** As `parseConfig`, for editors: all problems, and the configuration where there are none. */
export function readConfig(
  text: string,
  options: ParseOptions,
): { readonly config: Config | null; readonly problems: readonly ConfigProblem[] } {
  const fail = (problems: ConfigProblem[]): ReturnType<typeof readConfig> => ({
    config: null,
    problems: problems.sort((a, b) => a.line - b.line || a.column - b.column),
  });
  const start = { line: 1, column: 1 };
  if (text.length > MaxBytes) return fail([{ ...start, message: "is larger than 1 MB" }]);
  const counter = new LineCounter();
  const doc = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const positionOf = (offset: number): Position => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const mark = /^(?:<{7}|={7}|>{7})(?: |$)/m.exec(text);
  if (mark !== null) return fail([{ ...positionOf(mark.index), message: "has conflict marks: take one of the sides" }]);
  if (doc.errors.length > 0)
    return fail(doc.errors.map((e) => ({ ...positionOf(e.pos[0]), message: firstLine(e.message) })));
  const where = new Positions(doc, positionOf);
  let value: unknown;
  try {
    value = doc.toJS() ?? {};
  } catch (e) {
    return fail([{ ...start, message: e instanceof Error ? firstLine(e.message) : "cannot be read" }]);
  }
  const shape = misshapen(branches(schema), value, [], where);
  const parsed = v.safeParse(schema, value);
  if (!parsed.success || shape.length > 0)
    return fail([...shape, ...(parsed.issues ?? []).flatMap((i) => describe(i, where))].filter(distinct()));
  const raw = parsed.output;
  const problems: ConfigProblem[] = [];
  const say = (path: Path, message: string, key = false): void => {
    problems.push({ ...(key ? where.key(path) : where.value(path)), message });
  };
  unknownRules(raw, options.rules, say);
  contradictions(raw, say);
  const config = problems.length > 0 ? null : build(raw, options.file, where);
  return problems.length > 0 ? fail(problems) : { config, problems: [] };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0].replace(/:$/, "");
}

/** Where keys and values of the document stand. */
class Positions {
  constructor(
    private readonly doc: Document.Parsed,
    private readonly positionOf: (offset: number) => Position,
  ) {}

  value(path: Path): Position {
    for (let n = path.length; n >= 0; n--) {
      const node = n === 0 ? this.doc.contents : this.doc.getIn(path.slice(0, n), true);
      if (isNode(node) && node.range != null) return this.positionOf(node.range[0]);
    }
    return { line: 1, column: 1 };
  }

  /** The key at the end of the path, else its value. */
  key(path: Path): Position {
    const parent = path.length === 1 ? this.doc.contents : this.doc.getIn(path.slice(0, -1), true);
    if (isMap(parent)) {
      for (const { key } of parent.items) {
        const k = key as Node;
        if (isScalar(k) && String(k.value) === String(path.at(-1)) && k.range != null)
          return this.positionOf(k.range[0]);
      }
    }
    return this.value(path);
  }
}

function describe(issue: v.BaseIssue<unknown>, where: Positions): ConfigProblem[] {
  const path = (issue.path ?? []).map((i) => i.key as string | number);
  const last = path.at(-1);
  if (issue.type === "strict_object") {
    if (issue.expected === "never") return []; // `misshapen` has said so, of each of them
    // A key that has to be there is not.
    if (issue.input === undefined)
      return [{ ...where.value(path.slice(0, -1)), message: `${String(last)} is missing` }];
  }
  // A union failed: say what the branch that was meant says.
  const branch = issue.type === "union" ? meant(issue) : null;
  if (branch !== null) {
    const whole = [...(issue.path ?? []), ...(branch.path ?? [])] as unknown as v.BaseIssue<unknown>["path"];
    return describe({ ...branch, path: whole }, where);
  }
  const at = where.value(path);
  const named = path.filter((p) => typeof p === "string").at(-1);
  if (issue.kind === "schema") {
    const options = choices(issue.expected);
    const like = options === null || typeof issue.input !== "string" ? null : nearest(issue.input, options);
    const hint =
      like !== null
        ? `did you mean ${like}?`
        : `it is ${options === null ? plain(issue.expected ?? "something else") : `one of ${options.join(", ")}`}`;
    return [
      {
        ...at,
        message: `${named === undefined ? "" : `${named}: `}${shownValue(issue.input)} does not fit; ${hint}`,
      },
    ];
  }
  return [{ ...at, message: `${named === undefined ? "" : `${named}: `}${shownValue(issue.input)} ${issue.message}` }];
}

/** Of the branches of a union, the complaint of the one that the value was written for; null where it fits none. */
function meant(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown> | null {
  const isObject = typeof issue.input === "object" && issue.input !== null;
  const inside = (issue.issues ?? []).filter((i) =>
    isObject ? i.path !== undefined : i.kind !== "schema" || choices(i.expected) !== null,
  );
  return inside.find((i) => i.expected === "never") ?? inside[0] ?? null;
}

/** `"off" | "note"` as words; null where it is no list of literals. */
function choices(expected: string | null): string[] | null {
  const words = (expected ?? "").replace(/^\(|\)$/g, "").split(" | ");
  return words.length > 0 && words.every((w) => /^".*"$/.test(w)) ? words.map((w) => w.slice(1, -1)) : null;
}

const words: Readonly<Record<string, string>> = {
  string: "a text",
  boolean: "true or false",
  number: "a number",
  Object: "a mapping",
  Array: "a list",
};

function plain(expected: string): string {
  return expected
    .replace(/^\(|\)$/g, "")
    .split(" | ")
    .map((w) => words[w] ?? w)
    .join(" or ");
}

function shownValue(input: unknown): string {
  if (input === undefined) return "nothing";
  const text = JSON.stringify(input);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** One complaint a place: a list where a mapping belongs makes every element wrong. */
function distinct(): (p: ConfigProblem) => boolean {
  const seen = new Set<string>();
  return ({ line, column }) => {
    const key = `${line}:${column}`;
    return !seen.has(key) && seen.add(key).size > 0;
  };
}

interface Shape {
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly item?: unknown;
  readonly value?: unknown;
}

/** Unknown keys, and lists where mappings belong: valibot stops at the first of the one and takes the other for keys. */
function misshapen(level: readonly Shape[], value: unknown, path: Path, where: Positions): ConfigProblem[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = (key: string): Shape[] =>
    level.flatMap((s) => branches(Array.isArray(value) ? s.item : (s.entries?.[key] ?? s.value)));
  if (Array.isArray(value)) {
    if (!level.some((s) => s.item !== undefined) && level.some((s) => s.entries !== undefined || s.value !== undefined))
      return [{ ...where.value(path), message: `${path.at(-1) ?? "the file"}: a list does not fit; it is a mapping` }];
    return value.flatMap((v, i) => misshapen(inner(""), v, [...path, i], where));
  }
  const open = level.some((s) => s.value !== undefined) || !level.some((s) => s.entries !== undefined);
  const known = new Set(level.flatMap((s) => Object.keys(s.entries ?? {})));
  return Object.entries(value).flatMap(([key, v]) => {
    if (open || known.has(key)) return misshapen(inner(key), v, [...path, key], where);
    const like = nearest(key, known);
    const hint = like === null ? `known here: ${[...known].join(", ")}` : `did you mean ${like}?`;
    return [{ ...where.key([...path, key]), message: `${key} is unknown; ${hint}` }];
  });
}

/** What a schema may be, unwrapped. */
function branches(s: unknown): Shape[] {
  if (typeof s !== "object" || s === null) return [];
  const { wrapped, options, pipe } = s as { wrapped?: unknown; options?: unknown[]; pipe?: unknown[] } & Shape;
  if (wrapped !== undefined) return branches(wrapped);
  if (pipe !== undefined && pipe[0] !== s) return branches(pipe[0]);
  if (Array.isArray(options)) return options.flatMap(branches);
  return [s];
}

type Say = (path: Path, message: string, key?: boolean) => void;

function unknownRules(raw: Raw, rules: Iterable<string> | undefined, say: Say): void {
  if (rules === undefined) return;
  const known = new Set(rules);
  for (const id of Object.keys(raw.rules)) {
    if (known.has(id)) continue;
    const like = nearest(id, known);
    say(
      ["rules", id],
      `no rule is called ${id}; ${like === null ? '"stanch explain" lists them' : `did you mean ${like}?`}`,
      true,
    );
  }
}

function build(raw: Raw, file: string, where: Positions): Config {
  const dir = dirname(file);
  const absolute = (path: string): string => resolve(dir, path);
  return {
    file,
    dir,
    resources: raw.resources.map(resourceOf),
    takesOwnership: raw["takes-ownership"],
    neverReturns: raw["never-returns"],
    handlers: raw.handlers.map((h): DeclaredHandler =>
      typeof h === "string" ? { func: h, runs: "for every call" } : h,
    ),
    rules: new Map(
      Object.entries(raw.rules).map(([id, r]): [string, RuleLevels] => [
        id,
        typeof r === "string"
          ? { level: r, paths: [] }
          : {
              level: r.level ?? null,
              paths: Object.entries(r.paths ?? {}).map(([pattern, level]) => ({ pattern, level })),
            },
      ]),
    ),
    exclude: raw.exclude,
    source: raw.source.map(absolute),
    targets: new Map(Object.entries(raw.targets).map(([name, t]) => [name, targetOf(t)])),
    alerts: raw.alerts,
    watch: {
      intervalMs: raw.watch.interval ?? null,
      stallBudgetMs: raw.watch["stall-budget"] ?? null,
      store: raw.watch.store === undefined ? null : absolute(raw.watch.store),
      retentionMs: raw.watch.retention ?? null,
      redact: raw.watch.redact ?? false,
      traceMs: raw.watch.trace ?? null,
      srv: raw.watch.srv ?? [],
      fileSd: (raw.watch["file-sd"] ?? []).map(absolute),
    },
    server: {
      listen: raw.server.listen ?? null,
      token: raw.server.token ?? null,
      allowHosts: raw.server["allow-hosts"] ?? [],
      sourceRoots: (raw.server["source-roots"] ?? []).map(absolute),
    },
    at: (...path) => where.value(path),
  };
}

function resourceOf(r: Raw["resources"][number]): DeclaredResource {
  const functions = r.release.filter((s) => s !== "()" && !isMember(s));
  const members = r.release.filter(isMember).map((s) => s.split("."));
  return {
    name: r.name,
    acquire: r.acquire,
    result: r.result ?? null,
    path: members[0]?.slice(0, -1) ?? [],
    methods: members.map((m) => m.at(-1) ?? ""),
    call: r.release.includes("()"),
    functions,
    lifetime: r.lifetime,
  };
}

function targetOf(t: RawTarget): TargetEntry {
  return {
    url: t.url ?? null,
    pid: t.pid ?? null,
    unix: t.unix ?? null,
    headers: t.headers ?? {},
    ca: t.ca ?? null,
    insecure: t.insecure ?? false,
    metrics: t.metrics ?? null,
    prometheus:
      t.prometheus === undefined
        ? null
        : { url: t.prometheus.url, match: t.prometheus.match ?? null, headers: t.prometheus.headers ?? {} },
    intervalMs: t.interval ?? null,
    labels: t.labels ?? {},
  };
}

/**
 * Why, and why not: the acquisitions of a package's functions, how each of their paths ends, and what was known of the functions they
 * call. The data behind `stanch why` and `--debug-function`.
 */
import { dirname, resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { Block } from "../go/cfg/blocks.ts";
import { printCfg } from "../go/cfg/print.ts";
import { Effect } from "../go/flow/resource.ts";
import { Hold, type State } from "../go/flow/state.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import { Knowledge } from "../go/knowledge/declared.ts";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import { Loader } from "../go/load/loader.ts";
import { GorootLibrary } from "../go/load/std.ts";
import type { Site } from "../go/summary/site.ts";
import type { Summaries } from "../go/summary/summaries.ts";
import type { CallExpr } from "../go/syntax/ast-expr.ts";
import { type Node, NodeKind } from "../go/syntax/ast.ts";
import { position } from "../go/syntax/lines.ts";
import { walk } from "../go/syntax/walk.ts";
import { CalleeKind, calleeOf } from "../go/types/callee.ts";
import { rules } from "../rules/registry.ts";
import { godebugOf } from "./analyst.ts";
import { declaredBy } from "./declared.ts";
import { Callers, settle } from "./callers.ts";
import { functionName } from "./findings.ts";
import { Importers } from "./importers.ts";
import type { CheckedFinding } from "./result.ts";
import type { CheckOptions } from "./run.ts";
import { Session } from "./session.ts";

export interface PathEnd {
  /** 0: the end of the function. */
  readonly line: number;
  readonly how: "released" | "handed on" | "returned" | "held";
  /** The statement, on one line. */
  readonly text: string;
  /** Through what it is handed on or released, where that is a call: its name. */
  readonly through: string | null;
}

export interface InspectedSite {
  readonly line: number;
  readonly endLine: number;
  /** The call as it is written. */
  readonly call: string;
  readonly noun: string;
  readonly rule: string;
  /** The function that acquires it for its caller. */
  readonly wrapper: string | null;
  /** The variable; null where the value goes nowhere that is followed. */
  readonly variable: string | null;
  /** It is dropped at once. */
  readonly dropped: boolean;
  readonly ends: readonly PathEnd[];
  /** The function has too many states: nothing is claimed. */
  readonly gaveUp: boolean;
  readonly states: readonly { readonly block: number; readonly state: string }[];
  readonly answers: readonly string[];
}

export interface InspectedCall {
  readonly line: number;
  readonly name: string;
  /** Null: it acquires, and is among the sites. */
  readonly why: string | null;
}

export interface InspectedFunction {
  readonly name: string;
  readonly line: number;
  readonly endLine: number;
  readonly cfg: string;
  readonly sites: readonly InspectedSite[];
  readonly calls: readonly InspectedCall[];
}

/** Why a rule holds its tongue about a place. */
export interface SparedPlace {
  /** Absolute. */
  readonly file: string;
  readonly function: string;
  readonly line: number;
  readonly rule: string;
  /** A clause: "every path closes it". */
  readonly why: string;
}

export interface Inspection {
  readonly path: string;
  /** Relative to the folder of the call. */
  readonly file: string;
  readonly generated: boolean;
  readonly functions: readonly InspectedFunction[];
  /** Of the package; suppressed ones included. Files are absolute. */
  readonly findings: readonly CheckedFinding[];
  /** Of those that callers could make notes of, by fingerprint, what speaks against that: a clause. */
  readonly counts: ReadonlyMap<string, string>;
  /** What looks like a finding and is none; of the package. */
  readonly spared: readonly SparedPlace[];
  readonly problems: readonly string[];
}

/** The functions of one file. @throws UsageError where it is not part of a package that is analysed. */
export function inspectFile(dir: string, options: CheckOptions, name: string): Inspection {
  const file = resolve(dir, name);
  const loader = Loader.open(dir, options.load ?? {});
  const world = loader.worldAt(dirname(file));
  const pkg = world instanceof GorootLibrary ? null : world.at(dirname(file));
  if (pkg === null || !pkg.files.includes(file))
    throw new UsageError(
      `${name} is in no package that is analysed${name.endsWith("_test.go") ? "; --tests analyses test files" : ": no such file, or its build constraints leave it out"}`,
    );
  return inspect(loader, pkg, options, (unit) => unit.file.file.path === file, name, file);
}

/** One function by its name: `pkg.F`, `./pkg.T.M`, `(*path/to/pkg.T).M`, or a part of that. @throws UsageError */
export function inspectFunction(dir: string, options: CheckOptions, wanted: string): Inspection[] {
  const loader = Loader.open(dir, options.load ?? {});
  const { packages } = loader.match(options.patterns);
  const key = normal(wanted);
  const last = key.slice(key.lastIndexOf(".") + 1);
  const out: Inspection[] = [];
  const names: string[] = [];
  for (const pkg of packages) {
    // Only packages that may have it are typed.
    const dot = key.indexOf(".", key.lastIndexOf("/") + 1);
    const base = dot < 0 ? "" : key.slice(0, dot);
    const isPath = base.includes("/");
    if (isPath && !`/${pkg.path}`.endsWith(`/${base}`)) continue;
    const found = inspect(
      loader,
      pkg,
      options,
      (unit) => {
        const own = normal(functionName(unit));
        names.push(functionName(unit));
        return own === key || own.endsWith(`/${key}`) || own.endsWith(`.${key}`);
      },
      pkg.path,
      null,
    );
    if (found.functions.length > 0) out.push(found);
  }
  if (out.length === 0) {
    const like = nearest(last, new Set(names.map((n) => n.slice(n.lastIndexOf(".") + 1))));
    const full = names.find((n) => n.endsWith(`.${like}`));
    throw new UsageError(
      `no function is called ${wanted} in ${options.patterns.join(" ")}${full === undefined ? "" : `; did you mean ${full}?`}`,
    );
  }
  return out;
}

/** `(*a/b.T).M` → `a/b.T.M`. */
function normal(name: string): string {
  return name.replace(/[(*)]/g, "").replace(/^\.\//, "");
}

function inspect(
  loader: Loader,
  pkg: LoadedPackage,
  options: CheckOptions,
  wants: (unit: FunctionUnit) => boolean,
  shown: string,
  file: string | null,
): Inspection {
  const functions: InspectedFunction[] = [];
  const spared: SparedPlace[] = [];
  let findings: readonly CheckedFinding[] = [];
  let generated = false;
  const session = new Session(loader, {
    rules: rules.filter((r) => options.rules.includes(r.id)),
    known: new Set(rules.map((r) => r.id)),
    knowledge: new Knowledge(declaredBy(options.config ?? null)),
    generated: true,
    godebug: (p) => godebugOf(loader, p),
    onSpared: (rule, unit, at, why) => {
      const where = position(unit.file.file, at.pos).line;
      spared.push({ file: unit.file.file.path, function: functionName(unit), line: where, rule, why });
    },
    onAnalyzed: (pass, found) => {
      findings = found;
      generated = pass.files.some((f) => f.file.path === file && f.file.generated);
      for (const unit of pass.units) if (wants(unit)) functions.push(inspectUnit(unit, pass.summaries));
    },
  });
  const result = session.analyze(pkg);
  const callers = new Callers(new Importers(loader));
  callers.add(pkg, result);
  const asking = new Session(loader, {
    rules: [],
    known: new Set(),
    generated: false,
    godebug: (p) => godebugOf(loader, p),
  });
  const tried = new Set([pkg]);
  for (let size = 0; size !== tried.size;) {
    size = tried.size;
    for (const p of callers.needed(pkg, result)) {
      if (tried.has(p)) continue;
      tried.add(p);
      callers.add(p, asking.analyze(p));
    }
  }
  findings = settle(pkg, { ...result, findings }, callers).findings;
  const counts = new Map<string, string>();
  for (const { severity, reachedBy, fingerprint } of findings) {
    if (severity === "note" || reachedBy === null) continue;
    const shown = callers.wantsProof(pkg, reachedBy) ? callers.repeats(pkg, reachedBy).shown : null;
    const why = shown ?? callers.judge(pkg, reachedBy).often;
    if (why !== null) counts.set(fingerprint, why);
  }
  return {
    path: pkg.path,
    file: shown,
    generated,
    functions,
    findings,
    counts,
    // A rule may come to the same place by several ways.
    spared: spared.filter(
      (s, i) =>
        spared.findIndex((o) => o.line === s.line && o.file === s.file && o.rule === s.rule && o.why === s.why) === i,
    ),
    problems: result.problems.map((p) => `${p.file}:${p.line}: ${p.message}`),
  };
}

function inspectUnit(unit: FunctionUnit, summaries: Summaries): InspectedFunction {
  const { file } = unit.file;
  const sites = summaries.sites(unit);
  const acquiring = new Set<Node>(sites.map((s) => s.call));
  const calls: InspectedCall[] = [];
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.FuncLit) return false;
    if (n.kind === NodeKind.CallExpr) {
      const name = oneLine(unit, n.fun);
      calls.push({
        line: position(file, n.pos).line,
        name,
        why: acquiring.has(n) ? null : whyNot(n, summaries),
      });
    }
    return true;
  });
  return {
    name: functionName(unit),
    line: position(file, unit.node.pos).line,
    endLine: position(file, unit.node.end).line,
    cfg: printCfg(unit.cfg, file.src),
    sites: sites.map((s) => inspectSite(unit, s, summaries)),
    calls,
  };
}

function whyNot(call: CallExpr, summaries: Summaries): string {
  const { func, kind, builtin } = calleeOf(call);
  if (builtin !== null) return "a builtin";
  if (kind === CalleeKind.Conversion) return "a conversion";
  if (func === null)
    return kind === CalleeKind.Unknown
      ? "what it calls cannot be known: its package or type was not found"
      : "it calls a value: which function that is cannot be known";
  const name = summaries.nameOf(func);
  if (func.isInterfaceMethod) return `${name} is an interface's, and the tables do not know it`;
  if (func.pkg?.source?.standard === true) return `the tables do not list ${name} as acquiring anything`;
  return `${name} does not hand anything to its caller that has to be released, as far as its body shows`;
}

function inspectSite(unit: FunctionUnit, site: Site, summaries: Summaries): InspectedSite {
  const { file } = unit.file;
  const ends = new Map<string, PathEnd>();
  const states: { block: number; state: string }[] = [];
  const answers = new Set<string>();
  let gaveUp = false;
  let through: string | null = null;
  if (site.origin !== null) {
    const tracked = summaries.trackObserved(unit, site.origin, site.acquired.kind, {
      enter: (block: Block, state: State) => states.push({ block: block.id, state: stateText(state) }),
      pass: () => {},
      end: (at: Node | null, effect: Effect) => {
        const line = at === null ? 0 : position(file, at.pos).line;
        const end = { line, how: howOf(effect), text: at === null ? "the function ends" : oneLine(unit, at), through };
        ends.set(`${line} ${end.how}`, end);
        through = null;
      },
      asked: (call, callee, index, effect) => {
        const name = callee.func === null ? oneLine(unit, call.fun) : summaries.nameOf(callee.func);
        const what = index < 0 ? "its receiver" : `argument ${index + 1}`;
        answers.add(`${name}: ${what} ${effectText(effect)}`);
        through = (effect & ~Effect.Held) === 0 ? null : name;
      },
    });
    ({ gaveUp } = tracked);
  }
  return {
    line: position(file, site.call.pos).line,
    endLine: position(file, site.call.end).line,
    call: oneLine(unit, site.call.fun),
    noun: site.acquired.kind.noun,
    rule: site.acquired.kind.rule,
    wrapper: site.acquired.through === null ? null : summaries.nameOf(site.acquired.through),
    variable: site.origin?.root?.name ?? null,
    dropped: site.origin !== null && site.origin.root === null,
    ends: [...ends.values()].sort((a, b) => (a.line || Infinity) - (b.line || Infinity)),
    gaveUp,
    states,
    answers: [...answers],
  };
}

function howOf(effect: Effect): PathEnd["how"] {
  if ((effect & Effect.Escaped) !== 0) return "handed on";
  if ((effect & Effect.Returned) !== 0) return "returned";
  return (effect & Effect.Released) !== 0 ? "released" : "held";
}

function effectText(effect: Effect): string {
  const said = [
    (effect & Effect.Released) !== 0 ? "is released" : "",
    (effect & Effect.Escaped) !== 0 ? "is kept or handed to code that is not known" : "",
    (effect & Effect.Returned) !== 0 ? "is returned" : "",
    (effect & Effect.Refused) !== 0
      ? "is left to who gave it, with an error"
      : (effect & Effect.Held) !== 0
        ? "is only used"
        : "",
  ].filter((s) => s !== "");
  return said.join(" on some paths, and ") || "is not looked at";
}

const holds: Readonly<Record<Hold, string>> = {
  [Hold.Root]: "has it",
  [Hold.Target]: "is what must be released",
  [Hold.Weak]: "wraps it",
  [Hold.Owner]: "owns it",
};

function stateText(state: State): string {
  if (!state.acquired) return "not acquired yet";
  const parts = [...state.holds].map(([v, h]) => `${v.name} ${holds[h]}`);
  if (state.error !== null) parts.push(`${state.error.name} came with it`);
  if (state.taken?.error != null) parts.push(`where ${state.taken.error.name} is nil somebody else has it`);
  if (state.doubtful) parts.push("perhaps there is none: something that cannot be read looked at the error");
  if (state.deferred.length > 0) parts.push("a deferred closure may release it");
  return parts.length === 0 ? "nothing has it" : parts.join(", ");
}

function oneLine(unit: FunctionUnit, n: Node): string {
  const text = Buffer.from(unit.file.file.src.subarray(n.pos, n.end)).toString().replace(/\s+/g, " ");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

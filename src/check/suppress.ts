/**
 * Comments that keep a finding quiet:
 *
 *     //stanch:ignore http-body-unclosed the caller's transport closes it
 *
 * after code: findings of that line; above a statement: all of it, bodies included; in a function's documentation: the
 * function; before the package clause: the file. A reason is demanded: without one the comment does nothing and is itself a
 * note, and so is one that suppresses nothing. `//nolint` and `//nolint:stanch` work likewise, without a reason, as people have
 * them from other tools; `//nolint:errcheck` and a few others silence the rule of ours that says the same.
 */
import { compareFindings } from "../diag/finding.ts";
import { fingerprint } from "../diag/fingerprint.ts";
import { type File, type Node, NodeKind } from "../go/syntax/ast.ts";
import { type Directive, directives } from "../go/syntax/comments.ts";
import { lineOf, position } from "../go/syntax/lines.ts";
import { parseFile } from "../go/syntax/parser.ts";
import { walk } from "../go/syntax/walk.ts";
import type { Package } from "../go/types/package.ts";
import { nearest } from "../base/nearest.ts";
import type { FoundFinding } from "./findings.ts";
import type { CheckedFinding } from "./result.ts";

/** Pseudo-rules: what is said of the comments themselves. */
export const IGNORE_UNUSED = "ignore-unused";
export const IGNORE_REASONLESS = "ignore-reasonless";

interface Ignore {
  readonly at: Directive;
  /** Empty: all rules. */
  readonly rules: readonly string[];
  readonly fromLine: number;
  readonly toLine: number;
  /** `//nolint` is other tools' word too: that it does nothing here is no news. */
  readonly ours: boolean;
  used: boolean;
}

/** Marks what is suppressed, and adds the notes. `judged`: comments for other rules are not unused; `known`: all rules there are. */
export function suppress(
  findings: readonly FoundFinding[],
  pkg: Package,
  judged: ReadonlySet<string>,
  known: ReadonlySet<string>,
): CheckedFinding[] {
  const ignores = new Map<string, Ignore[]>();
  const notes: CheckedFinding[] = [];
  for (const { file } of pkg.files) {
    if (!mentions(file.src)) continue;
    const found = ignoresOf(file, pkg, known, notes);
    if (found.length > 0) ignores.set(file.path, found);
  }
  const out = findings.map((f): CheckedFinding => {
    let suppressed = false;
    for (const i of ignores.get(f.file) ?? []) {
      if (f.line < i.fromLine || f.line > i.toLine || (i.rules.length > 0 && !i.rules.includes(f.rule))) continue;
      suppressed = i.used = true;
    }
    return { ...f, suppressed };
  });
  for (const { file } of pkg.files) {
    for (const i of ignores.get(file.path) ?? []) {
      if (i.used || !i.ours) continue;
      if (judged.size === 0 || i.rules.some((r) => !judged.has(r))) continue;
      const what = i.rules.length === 0 ? "nothing here" : `no finding of ${i.rules.join(" or ")} here`;
      notes.push(
        note(file, pkg, i.at, IGNORE_UNUSED, `This comment suppresses nothing: there is ${what}. Take it out.`),
      );
    }
  }
  return notes.length === 0 ? out : [...out, ...notes].sort(compareFindings);
}

const needles = ["stanch:ignore", "nolint"].map((s) => Buffer.from(s));

function mentions(src: Uint8Array): boolean {
  const bytes = Buffer.from(src.buffer, src.byteOffset, src.length);
  return needles.some((n) => bytes.includes(n));
}

function ignoresOf(file: File, pkg: Package, known: ReadonlySet<string>, notes: CheckedFinding[]): Ignore[] {
  // A tree whose bodies were read later has no comments in them: read it again, files with such comments are few.
  const whole = parseFile(file.path, file.src);
  const found: Ignore[] = [];
  for (const d of directives(whole.src, whole.comments)) {
    const ours = d.tool === "stanch" && d.name === "ignore";
    if (!ours && d.name !== "nolint") continue;
    const [list = "", ...reason] = ours ? d.args.split(/\s+/) : [];
    const meant = ours ? list.split(",").filter((r) => r !== "") : meantBy(d.args);
    if (meant === null) continue;
    const rules = meant;
    if (ours && rules.length === 0) {
      notes.push(
        note(
          file,
          pkg,
          d,
          IGNORE_REASONLESS,
          "This comment does nothing yet: name the rule to ignore and give a reason.",
        ),
      );
      continue;
    }
    if (ours && reason.join("") === "") {
      const text = `This comment does nothing yet: give a reason after ${rules.join(",")}, for whoever reads it next.`;
      notes.push(note(file, pkg, d, IGNORE_REASONLESS, text));
      continue;
    }
    const unknown = ours ? rules.filter((r) => !known.has(r)) : [];
    for (const r of unknown) {
      const like = nearest(r, known);
      const hint = like === null ? "stanch explain lists the rules" : `did you mean ${like}?`;
      notes.push(note(file, pkg, d, IGNORE_UNUSED, `No rule is called ${r}; ${hint}.`));
    }
    if (unknown.length > 0 && unknown.length === rules.length) continue;
    found.push({ at: d, rules, ...rangeOf(whole, d), ours, used: false });
  }
  return found;
}

/** Other tools' checks that say what a rule of ours says: who silenced the one has judged the other. */
const equivalents: Readonly<Record<string, readonly string[]>> = {
  errcheck: ["unmarshal-error-unchecked"],
  bodyclose: ["http-body-unclosed"],
  sqlclosecheck: ["sql-rows-unclosed", "sql-stmt-unclosed"],
  rowserrcheck: ["sql-rows-err-unchecked"],
};

/** The rules that `//nolint:LIST` silences: [] for all, null for none. */
function meantBy(list: string): string[] | null {
  const names = list.split(",");
  if (list === "" || names.includes("stanch") || names.includes("all")) return [];
  const rules = names.flatMap((n) => equivalents[n] ?? []);
  return rules.length === 0 ? null : rules;
}

/** The lines a directive speaks of. */
function rangeOf(file: File, d: Directive): { fromLine: number; toLine: number } {
  if (d.pos < file.packagePos) return { fromLine: 1, toLine: file.lines.length };
  const line = lineOf(file, d.pos);
  const before = file.src.subarray(file.lines[line - 1], d.pos);
  if (before.some((c) => c > 32)) return trailing(file, line);
  // Above something: the group may go on with other comments.
  const group = file.comments.find((g) => g.pos <= d.pos && d.pos < g.end);
  const next = lineOf(file, (group?.end ?? d.end) - 1) + 1;
  let to = next;
  walk(file, (n) => {
    if (lineOf(file, n.pos) > next || lineOf(file, n.end) < next) return n.kind === NodeKind.File;
    if (isStatement(n) && lineOf(file, n.pos) === next) to = Math.max(to, lineOf(file, n.end));
    return true;
  });
  return { fromLine: next, toLine: to };
}

/** The line itself, and a simple statement that ends on it or begins on it and goes on. */
function trailing(file: File, line: number): { fromLine: number; toLine: number } {
  let fromLine = line;
  let toLine = line;
  walk(file, (n) => {
    const first = lineOf(file, n.pos);
    const last = lineOf(file, n.end);
    if (first > line || last < line) return n.kind === NodeKind.File;
    if (isSimple(n) && (first === line || last === line)) {
      fromLine = Math.min(fromLine, first);
      toLine = Math.max(toLine, last);
      return false;
    }
    return true;
  });
  return { fromLine, toLine };
}

function isStatement(n: Node): boolean {
  return (
    (n.kind >= NodeKind.BadStmt && n.kind <= NodeKind.TypeSwitchStmt && n.kind !== NodeKind.BlockStmt) || isDecl(n)
  );
}

function isDecl(n: Node): boolean {
  return n.kind === NodeKind.FuncDecl || n.kind === NodeKind.GenDecl || n.kind === NodeKind.ValueSpec;
}

function isSimple(n: Node): boolean {
  switch (n.kind) {
    case NodeKind.ExprStmt:
    case NodeKind.SendStmt:
    case NodeKind.AssignStmt:
    case NodeKind.GoStmt:
    case NodeKind.DeferStmt:
    case NodeKind.ReturnStmt:
    case NodeKind.DeclStmt:
    case NodeKind.ValueSpec:
      return true;
    default:
      return false;
  }
}

function note(file: File, pkg: Package, d: Directive, rule: string, message: string): CheckedFinding {
  const { line, column } = position(file, d.pos);
  const end = position(file, d.end);
  const text = Buffer.from(file.src.subarray(d.pos, d.end)).toString();
  return {
    rule,
    severity: "note",
    noteBecause: null,
    confidence: "high",
    message,
    file: file.path,
    line,
    column,
    endLine: end.line,
    endColumn: end.column,
    function: "",
    // Two equal comments of one package that are both wrong share a fingerprint: they are one piece of news.
    ...fingerprint({ rule, package: pkg.path, text, message: rule, ordinal: 0 }),
    package: pkg.path,
    reachedBy: null,
    path: [],
    fix: null,
    suppressed: false,
  };
}

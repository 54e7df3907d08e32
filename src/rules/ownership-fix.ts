/**
 * The repairs of leaks that are mechanical:
 *
 *     f, err := os.Open(name)                 f, err := os.Open(name)
 *     if err != nil {                         if err != nil {
 *         return err                              return err
 *     }                                       }
 *     defer f.Close()      ◄ never released   if n == 0 {
 *     …                                           f.Close()      ◄ released on the other paths
 *                                                 return errEmpty
 *                                             }
 * What may be released twice is always deferred: several returns may forget it.
 *
 * Whether one holds is tried afterwards (check/verify-fixes.ts); here it is only whether it can be written.
 */
import { variable } from "../go/flow/facts.ts";
import { Effect } from "../go/flow/resource.ts";
import { LeakKind } from "../go/flow/track.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import { isContext } from "../go/summary/contexts.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import { type BlockStmt, NodeKind, type ReturnStmt, type Stmt } from "../go/syntax/ast.ts";
import { Token } from "../go/syntax/token.ts";
import { walk } from "../go/syntax/walk.ts";
import { calleeOf, unparen } from "../go/types/callee.ts";
import { lookupFieldOrMethod } from "../go/types/lookup.ts";
import { ObjKind, type Var } from "../go/types/object.ts";
import { objOf } from "../go/types/record.ts";
import { type Type, TypeKind } from "../go/types/type.ts";
import { under } from "../go/types/typeset.ts";
import type { ReportDraft } from "./rule.ts";

type FixDraft = NonNullable<ReportDraft<Record<string, string>>["fix"]>;

/** Kinds that may be released again after they were, without any effect. */
const secondReleaseIsNothing: ReadonlySet<string> = new Set(["http-body", "sql-rows", "pgx-rows", "sql-tx"]);

/** `defer`: the statement that releases, with `{x}` for the variable; null where deferring is not always right. */
export function ownershipFix(found: FoundLeak, defer: string | null): FixDraft | null {
  const { unit, site, leak, effect } = found;
  const root = site.origin?.root ?? null;
  if (defer === null || root === null || leak.kind !== LeakKind.Exit) return null;
  const release = releaseOf(found, root, defer.replace(/^defer /, ""));
  if (release === null) return null;
  const once = !insideLoop(unit.body, site.node.pos);
  if ((effect & ~Effect.Held) === 0) return once ? deferred(found, release) : null;
  if ((effect & ~(Effect.Held | Effect.Released)) === 0 && once && secondReleaseIsNothing.has(site.acquired.kind.id)) {
    // However many returns forget it: one statement is for all of them.
    const whole = deferred(found, release);
    if (whole !== null) return whole;
  }
  return leak.at?.kind === NodeKind.ReturnStmt ? before(found, leak.at, root, release) : null;
}

interface Release {
  readonly text: string;
  readonly imports: readonly string[];
}

/** The call that releases, as it can be written here: with the arguments it takes. Null where it takes others. */
function releaseOf({ unit, site }: FoundLeak, root: Var, text: string): Release | null {
  const call = text.replaceAll("{x}", root.name);
  const { kind } = site.acquired;
  let t: Type | null = root.type;
  for (const field of kind.path) {
    const f = t === null ? null : lookupFieldOrMethod(t, field, unit.file.pkg);
    t = f?.obj.kind === ObjKind.Var ? f.obj.type : null;
  }
  const name = /\.(\w+)\([^()]*\)$/.exec(call)?.[1] ?? null;
  const method = t === null || kind.call || name === null ? null : lookupFieldOrMethod(t, name, unit.file.pkg);
  const sig = method?.obj.kind === ObjKind.Func ? method.obj.signature() : t === null ? null : under(t);
  if (sig === null || sig.kind !== TypeKind.Signature) return null;
  const takes = sig.params.filter((_, i) => !sig.variadic || i < sig.params.length - 1);
  const open = call.slice(0, call.lastIndexOf("("));
  if (takes.length === 0) return { text: `${open}()`, imports: [] };
  if (takes.length > 1) return null;
  if (isContext(takes[0].type)) {
    const own = contextOf(unit);
    return own === null
      ? { text: `${open}(context.Background())`, imports: ["context"] }
      : { text: `${open}(${own})`, imports: [] };
  }
  // cancel(cause error): no cause is context.Canceled.
  return kind.id === "cancel" ? { text: `${open}(nil)`, imports: [] } : null;
}

/** The name of a context that the function is given. */
function contextOf(unit: FunctionUnit): string | null {
  for (let u: FunctionUnit | null = unit; u !== null; u = u.outer) {
    const p = u.signature?.params.find((v) => isContext(v.type) && v.name !== "" && v.name !== "_");
    if (p !== undefined) return p.name;
  }
  return null;
}

/**
 * `defer x.Close()` behind the acquisition's error check, where that is all it takes: the acquisition is a statement of a
 * block, its error is checked by the next one, no loop repeats it, and the resource is released nowhere yet.
 */
function deferred({ unit, site }: FoundLeak, release: Release): FixDraft | null {
  const list = listAround(unit.body, site.node as Stmt);
  if (list === null) return null;
  const i = list.indexOf(site.node as Stmt);
  const error = site.origin?.error ?? null;
  let after: Stmt = list[i];
  if (error !== null) {
    const check = list[i + 1];
    if (check?.kind !== NodeKind.IfStmt || check.else_ !== null || check.init !== null) return null;
    const cond = unparen(check.cond);
    if (cond.kind !== NodeKind.BinaryExpr || cond.op !== Token.Neq || variable(cond.x) !== error) return null;
    if (!leaves(check.body)) return null;
    after = check;
  }
  const { src } = unit.file.file;
  const at = endOfLine(src, after.end);
  if (at === null) return null;
  const statement = `defer ${release.text}`;
  const text = `\n${indentation(src, site.node.pos)}${statement}`;
  return {
    title: `Add \`${statement}\``,
    edits: [{ file: unit.file, start: at, end: at, text }],
    imports: release.imports,
  };
}

/** `x.Close()` ahead of the return that forgets it, where what is returned does not need it any more. */
function before({ unit, site }: FoundLeak, stmt: ReturnStmt, root: Var, release: Release): FixDraft | null {
  if (stmt.pos < unit.body.pos || stmt.end > unit.body.end) return null;
  const path = site.acquired.kind.path[0] ?? null;
  const needed = [root, ...(site.origin?.contexts ?? []).slice(0, 1)];
  let needs = false;
  for (const e of stmt.results) {
    walk(e, (n) => {
      if (n.kind === NodeKind.FuncLit) needs = true;
      if (n.kind === NodeKind.SelectorExpr && path !== null && variable(n.x) === root) {
        if (n.sel.name === path) needs = true;
        return false; // resp.StatusCode is there after the body is closed
      }
      // What else is called may use it through something that wraps it.
      if (n.kind === NodeKind.CallExpr && !onlyFormats(n)) needs = true;
      if (n.kind === NodeKind.Ident && needed.includes(objOf(n) as Var)) needs = true;
      return !needs;
    });
  }
  const { src } = unit.file.file;
  const indent = indentation(src, stmt.pos);
  if (needs || !beginsLine(src, stmt.pos)) return null;
  const edits = [{ file: unit.file, start: stmt.pos, end: stmt.pos, text: `${release.text}\n${indent}` }];
  return { title: `Add \`${release.text}\` before this return`, edits, imports: release.imports };
}

/** fmt.Errorf, errors.New, conversions and the like. */
function onlyFormats(call: Parameters<typeof calleeOf>[0]): boolean {
  const { func, builtin } = calleeOf(call);
  const path = func?.pkg?.path ?? "";
  return builtin !== null || /^(?:fmt|errors|strings|strconv|github\.com\/pkg\/errors)$/.test(path);
}

/** The end of the line that a statement ends on, a comment behind it included; null where more code stands there. */
function endOfLine(src: Uint8Array, from: number): number | null {
  let end = src.indexOf(10, from);
  if (end < 0) end = src.length;
  if (src[end - 1] === 13) end--;
  const rest = Buffer.from(src.subarray(from, end)).toString().trim();
  return rest === "" || rest.startsWith("//") ? (rest === "" ? from : end) : null;
}

function beginsLine(src: Uint8Array, pos: number): boolean {
  let at = pos - 1;
  while (at >= 0 && (src[at] === 9 || src[at] === 32)) at--;
  return at < 0 || src[at] === 10;
}

function leaves(body: BlockStmt): boolean {
  const last = body.list.at(-1);
  if (last === undefined) return false;
  if (last.kind === NodeKind.ReturnStmt || last.kind === NodeKind.BranchStmt) return true;
  if (last.kind !== NodeKind.ExprStmt || last.x.kind !== NodeKind.CallExpr) return false;
  return ["panic", "Fatal", "Fatalf", "Exit"].includes(calleeOf(last.x).name);
}

function insideLoop(body: BlockStmt, pos: number): boolean {
  let inside = false;
  walk(body, (n) => {
    if (pos < n.pos || pos >= n.end) return false;
    if ((n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt) && pos >= n.body.pos) inside = true;
    return true;
  });
  return inside;
}

/** The statement list that contains `s`. */
function listAround(body: BlockStmt, s: Stmt): readonly Stmt[] | null {
  let found: readonly Stmt[] | null = null;
  walk(body, (n) => {
    if (found !== null || s.pos < n.pos || s.pos >= n.end) return false;
    const list =
      n.kind === NodeKind.BlockStmt
        ? n.list
        : n.kind === NodeKind.CaseClause || n.kind === NodeKind.CommClause
          ? n.body
          : null;
    if (list?.includes(s) === true) found = list;
    return true;
  });
  return found;
}

/** The white space at the start of the line that `pos` is on. */
function indentation(src: Uint8Array, pos: number): string {
  let start = pos;
  while (start > 0 && src[start - 1] !== 10) start--;
  let end = start;
  while (src[end] === 9 || src[end] === 32) end++;
  return Buffer.from(src.subarray(start, end)).toString();
}

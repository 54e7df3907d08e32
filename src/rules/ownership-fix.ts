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
 * What may be released twice is deferred even where some paths release it: several returns may forget it. A `defer` that stands too
 * late is moved, not written again. Nothing is released that another goroutine uses (background-use.ts), nor ahead of a return that
 * some path reaches without it (sure-exits.ts).
 *
 * Whether one holds is tried afterwards (check/verify-fixes.ts); here it is only whether it can be written.
 */
import { variable } from "../go/flow/facts.ts";
import { Effect } from "../go/flow/resource.ts";
import { LeakKind } from "../go/flow/leak.ts";
import type { Origin } from "../go/flow/origin.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import { isContext } from "../go/summary/contexts.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import { sureExits } from "../go/summary/sure-exits.ts";
import type { Summaries } from "../go/summary/summaries.ts";
import type { ReturnStmt } from "../go/syntax/ast-stmt.ts";
import { NodeKind, type Stmt } from "../go/syntax/ast.ts";
import { Token } from "../go/syntax/token.ts";
import { walk } from "../go/syntax/walk.ts";
import { calleeOf, unparen } from "../go/types/callee.ts";
import { identical } from "../go/types/identical.ts";
import { lookupFieldOrMethod } from "../go/types/lookup.ts";
import { ObjKind, type Var } from "../go/types/object.ts";
import { Mode, objOf, typeOf } from "../go/types/record.ts";
import { type Type, TypeKind } from "../go/types/type.ts";
import { under } from "../go/types/typeset.ts";
import { errorType } from "../go/types/universe.ts";
import { backgroundUses, partReturned } from "./background-use.ts";
import { deferredReleases, innerDefers, releasesPlainly } from "./own-releases.ts";
import { aheadOf, MostReturns } from "./close-before.ts";
import type { ReportDraft } from "./rule.ts";
import { plainStyle, releaseStyle } from "./release-style.ts";
import { insideLoop, isErrorCheck, leaves, listAround } from "./fix-place.ts";
import { beginsLine, endOfStatementLine, indentation, wholeLines } from "./source-lines.ts";

export type FixDraft = NonNullable<ReportDraft<Record<string, string>>["fix"]>;

/** Kinds that may be released again after they were, without any effect. */
const secondReleaseIsNothing: ReadonlySet<string> = new Set(["http-body", "sql-rows", "pgx-rows", "sql-tx"]);

/** `defer`: the statement that releases, with `{x}` for the variable; null where deferring is not always right. */
export function ownershipFix(found: FoundLeak, defer: string | null, summaries: Summaries): FixDraft | null {
  const { unit, site, leak, effect } = found;
  const root = site.origin?.root ?? null;
  // What a goroutine has, the function that acquires it cannot release at its end.
  if (defer === null || root === null || leak.kind !== LeakKind.Exit || found.handed !== undefined) return null;
  if (partReturned(unit, root, summaries) !== null) return null;
  const release = releaseOf(found, root, defer.replace(/^defer /, ""));
  if (release === null) return null;
  const { kind } = site.acquired;
  const isNever = (effect & ~Effect.Held) === 0;
  const isForgotten = (effect & ~(Effect.Held | Effect.Released | Effect.Replaced)) === 0;
  if (isForgotten && !insideLoop(unit.body, site.node.pos)) {
    const byHand = releasesPlainly(unit.body, root, kind);
    // Who closes a body by hand, and once not, closes it there too.
    const there =
      byHand && kind.id === "http-body" && leak.others === undefined ? before(found, root, release, summaries) : null;
    const twice = isNever || secondReleaseIsNothing.has(kind.id);
    const whole = there ?? (byHand ? null : movedUp(found, root)) ?? (twice ? deferred(found, root, release) : null);
    if (whole !== null || isNever) return whole;
  }
  return before(found, root, release, summaries);
}

interface Release {
  /** As a statement of its own, and as one that is deferred. */
  readonly text: string;
  readonly deferred: string;
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
  const [result] = sig.results;
  const errs = sig.results.length === 1 && result.type !== null && identical(result.type, errorType);
  const style = errs && name !== null ? releaseStyle(unit.file, name) : plainStyle;
  const release = (args: string, imports: readonly string[] = []): Release => ({
    text: style.statement(`${open}(${args})`),
    deferred: style.deferred(`${open}(${args})`),
    imports,
  });
  if (takes.length === 0) return release("");
  if (takes.length > 1) return null;
  if (isContext(takes[0].type)) {
    const own = contextOf(unit);
    return own === null ? release("context.Background()", ["context"]) : release(own);
  }
  // cancel(cause error): no cause is context.Canceled.
  return kind.id === "cancel" ? release("nil") : null;
}

/** The name of a context that the function is given. */
function contextOf(unit: FunctionUnit): string | null {
  for (let u: FunctionUnit | null = unit; u !== null; u = u.outer) {
    const p = u.signature?.params.find((v) => isContext(v.type) && v.name !== "" && v.name !== "_");
    if (p !== undefined) return p.name;
  }
  return null;
}

/** `defer x.Close()` behind the acquisition's error check, and not in some branch as well. */
function deferred(found: FoundLeak, root: Var, release: Release): FixDraft | null {
  const place = placeOfDefer(found);
  if (place === null) return null;
  const { file } = found.unit;
  const { src } = file.file;
  const statement = release.deferred;
  let comment = "";
  const superfluous = innerDefers(place.behind, root, found.site.acquired.kind).flatMap((n) => {
    const lines = wholeLines(src, n.pos, n.end);
    if (lines === null) return [];
    // defer x.Close() // nolint:errcheck
    const [rest] = Buffer.from(src.subarray(n.end, lines.end)).toString().split("\n");
    if (comment === "" && rest.trim() !== "") comment = ` ${rest.trim()}`;
    return [{ file, start: lines.start, end: lines.end, text: "" }];
  });
  const text = `\n${indentation(src, found.site.node.pos)}${statement}${comment}`;
  return {
    title: superfluous.length > 0 ? `Defer \`${release.text}\` for all returns` : `Add \`${statement}\``,
    edits: [{ file, start: place.at, end: place.at, text }, ...superfluous],
    imports: release.imports,
  };
}

/** The `defer` that stands too late goes there. */
function movedUp(found: FoundLeak, root: Var): FixDraft | null {
  const place = placeOfDefer(found);
  const late = place === null ? [] : deferredReleases(place.behind, root, found.site.acquired.kind);
  // Assigned anew in between, it is another one that is released there.
  if (place === null || late.length !== 1 || place.behind.some((s) => s.pos < late[0].pos && assigns(s, root)))
    return null;
  const { file } = found.unit;
  const { src } = file.file;
  const lines = wholeLines(src, late[0].pos, late[0].end);
  if (lines === null) return null;
  const text = Buffer.from(src.subarray(lines.text, lines.end)).toString().trimEnd();
  return {
    title: `Move \`${inOneLine(late[0], src)}\` up`,
    edits: [
      { file, start: place.at, end: place.at, text: `\n${text}` },
      { file, start: lines.start, end: lines.end, text: "" },
    ],
  };
}

/**
 * Where a release is deferred, if that is all it takes: the acquisition is a statement of a block, its error is checked by the next
 * one, and nobody uses it when the function is gone. With the statements behind.
 */
function placeOfDefer({ unit, site }: FoundLeak): { readonly at: number; readonly behind: readonly Stmt[] } | null {
  const { origin } = site;
  const root = origin?.root ?? null;
  const list = listAround(unit.body, site.node as Stmt);
  if (list === null || origin === null || root === null) return null;
  if (backgroundUses(unit.body, [root, ...ownContext(origin)]).length > 0) return null;
  let i = list.indexOf(site.node as Stmt);
  if (origin.error !== null) {
    const check = list[++i];
    if (check === undefined || !isErrorCheck(check, origin.error) || !leaves(check.body)) return null;
  } else if ((origin.beside?.size ?? 0) > 0) return null; // what came beside it tells whether there is one: where that is asked is not looked for
  const at = endOfStatementLine(unit.file.file.src, list[i].end);
  const behind = list.slice(i + 1);
  // Who asks whether there is one knows that there may be none.
  return at === null || behind.some((s) => asksForNil(s, root, site.acquired.kind.path[0])) ? null : { at, behind };
}

function assigns(s: Stmt, v: Var): boolean {
  let does = false;
  walk(s, (n) => {
    if (n.kind === NodeKind.AssignStmt && n.lhs.some((e) => variable(e) === v)) does = true;
    return !does;
  });
  return does;
}

/** `x == nil`, `x.Body != nil`. */
function asksForNil(s: Stmt, root: Var, field: string | undefined): boolean {
  let asks = false;
  walk(s, (n) => {
    if (
      n.kind === NodeKind.BinaryExpr &&
      (n.op === Token.Eql || n.op === Token.Neq) &&
      unparen(n.y).mode === Mode.Nil
    ) {
      const x = unparen(n.x);
      asks ||=
        variable(x) === root || (x.kind === NodeKind.SelectorExpr && x.sel.name === field && variable(x.x) === root);
    }
    return !asks;
  });
  return asks;
}

/** A deferred statement in a line. */
function inOneLine(stmt: Stmt, src: Uint8Array): string {
  const text = Buffer.from(src.subarray(stmt.pos, stmt.end)).toString();
  return text.includes("\n") ? "defer func" : text;
}

/** A context that a cancel function ends. */
function ownContext(origin: Origin | null): readonly Var[] {
  return (origin?.contexts ?? []).slice(0, 1);
}

/** `x.Close()` ahead of each return that forgets it, where what is returned does not need it any more. */
function before(found: FoundLeak, root: Var, release: Release, summaries: Summaries): FixDraft | null {
  const { unit, site, leak } = found;
  const { src } = unit.file.file;
  const exits: ReturnStmt[] = [];
  for (const { at } of [leak, ...(leak.others ?? [])]) {
    if (at?.kind !== NodeKind.ReturnStmt || at.pos < unit.body.pos || at.end > unit.body.end) return null;
    if (!beginsLine(src, at.pos) || returnsUse(found, at, root)) return null;
    // Who returns well may have started what goes on with the context.
    if (site.acquired.kind.id === "cancel" && !returnsError(at)) return null;
    exits.push(at);
  }
  const beside = backgroundUses(unit.body, [root]);
  if (exits.length > MostReturns || exits.some((at) => beside.some((n) => n.pos < at.pos))) return null;
  if (sureExits(unit, site, summaries, exits).length < exits.length) return null;
  return { ...aheadOf(unit.file, exits, release.text), imports: release.imports };
}

/** Its last result is an error, and not nil as written. */
function returnsError({ results }: ReturnStmt): boolean {
  const last = results.at(-1);
  return last !== undefined && last.mode !== Mode.Nil && identical(typeOf(last), errorType);
}

/** What is returned is made of it, or may be. */
function returnsUse({ site }: FoundLeak, stmt: ReturnStmt, root: Var): boolean {
  const path = site.acquired.kind.path[0] ?? null;
  const needed = [root, ...ownContext(site.origin)];
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
  return needs;
}

/** fmt.Errorf, errors.New, conversions and the like. */
function onlyFormats(call: Parameters<typeof calleeOf>[0]): boolean {
  const { func, builtin } = calleeOf(call);
  const path = func?.pkg?.path ?? "";
  return builtin !== null || /^(?:fmt|errors|strings|strconv|github\.com\/pkg\/errors)$/.test(path);
}

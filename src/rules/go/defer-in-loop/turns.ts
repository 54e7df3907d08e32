/**
 * How often a loop turns, as far as the source tells: what it goes over, where that comes from and what it is called.
 *
 *     for { … }                              many
 *     for _, e := range entries              many, where entries came from a call that can fail: os.ReadDir, client.List(ctx)
 *     func (c *C) f(jobs []job)              many, by its name: what a program works on
 *     func (c *C) f(paths []string)          nobody knows: a caller may give one or a thousand
 *     for range strings.Split(list, ",")     few: what somebody wrote into a setting
 *     filepath.Glob("/sys/class/net/*")      few: what the program's own text names
 *     for i := 0; i < retries; i++           few
 */
import type { CallExpr, Ident } from "../../../go/syntax/ast-expr.ts";
import type { AssignStmt, BlockStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Expr, NodeKind } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { variable } from "../../../go/flow/facts.ts";
import { mentions } from "../../../go/flow/mentions.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { isContext } from "../../../go/summary/contexts.ts";
import { calleeOf, CalleeKind, unparen } from "../../../go/types/callee.ts";
import { identical } from "../../../go/types/identical.ts";
import { deref } from "../../../go/types/lookup.ts";
import type { Var } from "../../../go/types/object.ts";
import { constOf, typeOf } from "../../../go/types/record.ts";
import { TypeKind } from "../../../go/types/type.ts";
import { under } from "../../../go/types/typeset.ts";
import { errorType } from "../../../go/types/universe.ts";
import type { Loop } from "./exemptions.ts";

/** Things of which a process knows a handful: how it was set up, how a record is made, whom it may ask, how often it tries. */
const few =
  /^(?:retry|retries|attempt|try|tries|column|col|field|schema|addr|address|host|server|endpoint|replica|peer|broker|listener|interface|nic|device|gpu|disk|drive|cpu|core|program|prog|plugin|provider|driver|backend|resolver|responder|flag|arg|opt|option|setting|config|scheme|protocol|region|zone|locale|extension|mirror|registry|registries|seed|index|indices|redirect|dictionary|dictionaries)(?:e?s)?$/i;

/** Things that a program works on, or that its users make: as many as there are. */
const many =
  /^(?:object|item|job|task|quer(?:y|ie)|row|record|entr(?:y|ie)|event|message|msg|part|chunk|blob|page|segment|block|batch|request|document|doc|user|account|id|uuid|metric|sample|series|result|artifact|commit|order|line)(?:e?s)?$/i;

/** Words that say nothing of what the list is of: `hostList`, `retryCount`. */
const vague = /^(?:list|slice|array|map|count|num|number|limit|max|names?|urls?|configs?)$/i;

/** What is kept in settings was written by somebody. */
const settings = /^(?:c(?:on)?f(?:i)?g|conf|configs?|configuration|opts?|options|settings|args|flags|spec)$/i;

/** Functions that cut one text into its parts. */
const splits: ReadonlySet<string> = new Set(["Split", "SplitN", "SplitAfter", "Fields", "FieldsFunc"]);

/** Nothing speaks against many turns, and something for it. */
export const turnsOften = (loop: Loop, unit: FunctionUnit): boolean => isLongLoop(loop, unit, new Set());

function isLongLoop(loop: Loop, unit: FunctionUnit, seen: Set<Var>): boolean {
  if (loop.kind === NodeKind.RangeStmt) return isLong(loop.x, unit, seen);
  const bound = boundOf(loop);
  return bound === null || isLong(bound, unit, seen);
}

/**
 * A pause that grows from turn to turn, or the time that was waited, is compared with a bound, and is not set back there:
 * `if backoff > time.Hour { break }`, `if waited < limit { waited += pause; continue }`.
 */
export function waitsAFewTimes(loop: Loop): boolean {
  const growing = new Set<Var>();
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.AssignStmt && n.lhs.length === 1 && isDuration(n.lhs[0])) {
      const v = variable(n.lhs[0]);
      if (v !== null && (n.tok === Token.AddAssign || n.tok === Token.MulAssign || mentions(n.rhs[0], new Set([v]))))
        growing.add(v);
    }
    return n.kind !== NodeKind.FuncLit;
  });
  let bounded = false;
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.IfStmt)
      walk(n.cond, (m) => {
        if (m.kind !== NodeKind.BinaryExpr || !orders.has(m.op)) return;
        const v = [m.x, m.y].map(variable).find((x) => x !== null && growing.has(x)) ?? null;
        bounded ||= v !== null && !isSetBack(v, n.body);
      });
    return !bounded && n.kind !== NodeKind.FuncLit;
  });
  return bounded;
}

const orders: ReadonlySet<Token> = new Set([Token.Lss, Token.Leq, Token.Gtr, Token.Geq]);

/** `backoff = maxBackoff` */
function isSetBack(v: Var, body: BlockStmt): boolean {
  let is = false;
  walk(body, (n) => {
    if (n.kind === NodeKind.AssignStmt && n.tok === Token.Assign && n.lhs.some((e) => variable(e) === v))
      is ||= !n.rhs.some((e) => mentions(e, new Set([v])));
    return !is;
  });
  return is;
}

function isDuration(e: Expr): boolean {
  const t = typeOf(e);
  return t.kind === TypeKind.Named && t.obj.pkg?.path === "time" && t.obj.name === "Duration";
}

/** `for { … }`, `for rows.Next() { … }`, `for job := range jobs { … }` of a channel: nothing that is there beforehand is counted or gone through. */
export function isOpenEnded(loop: Loop): boolean {
  return loop.kind === NodeKind.RangeStmt ? under(typeOf(loop.x)).kind === TypeKind.Chan : boundOf(loop) === null;
}

/** What a counter is compared with: `n` of `for i := 0; i < n; i++`. */
function boundOf({ cond, post }: Extract<Loop, { kind: NodeKind.ForStmt }>): Expr | null {
  if (cond === null || post?.kind !== NodeKind.IncDecStmt || cond.kind !== NodeKind.BinaryExpr) return null;
  const counter = variable(post.x);
  if (counter === null) return null;
  return variable(cond.x) === counter ? cond.y : variable(cond.y) === counter ? cond.x : null;
}

/** A list, map or number of things that may be long. `seen`: variables that are being asked. */
function isLong(e: Expr, unit: FunctionUnit, seen: Set<Var>): boolean {
  const x = unparen(e);
  if (constOf(x) !== null) return false;
  const t = under(typeOf(x));
  // Whoever sends decides, or what yields.
  if (t.kind === TypeKind.Chan || t.kind === TypeKind.Signature) return true;
  if (isOfFew(nameOf(x))) return false;
  switch (x.kind) {
    case NodeKind.Ident:
      return isLongVariable(x, unit, seen);
    case NodeKind.SelectorExpr:
      return !isSetting(x) && (isOfMany(x) || isPartOfLong(x.x, unit, seen));
    case NodeKind.CallExpr:
      return isLongCall(x, unit, seen);
    case NodeKind.SliceExpr:
    case NodeKind.StarExpr:
      return isLong(x.x, unit, seen);
    case NodeKind.IndexExpr:
      return isOfMany(x) || isOfMany(x.x) || isPartOfLong(x.x, unit, seen);
    case NodeKind.BinaryExpr:
      return isLong(x.x, unit, seen);
    default:
      return false;
  }
}

/** Where one word of a name ends and the next begins. */
const word = /_|(?<=[a-z0-9])(?=[A-Z])/;

/** By its last word: `maxRetries`, `seed_hosts`. */
const isOfFew = (name: string): boolean => few.test(lastWord(name));

/** By its name or its elements' type: `objects`, `partsCount`, `[]*uploadJob`. */
function isOfMany(list: Expr): boolean {
  if (many.test(lastWord(nameOf(list)))) return true;
  const t = under(typeOf(list));
  if (t.kind !== TypeKind.Slice && t.kind !== TypeKind.Map && t.kind !== TypeKind.Array) return false;
  const [elem] = deref(t.elem);
  return elem.kind === TypeKind.Named && many.test(lastWord(elem.obj.name));
}

function lastWord(name: string): string {
  const words = name.split(word);
  while (words.length > 1 && vague.test(words[words.length - 1])) words.pop();
  return words[words.length - 1];
}

function nameOf(x: Expr): string {
  if (x.kind === NodeKind.Ident) return x.name;
  if (x.kind === NodeKind.SelectorExpr) return x.sel.name;
  return x.kind === NodeKind.CallExpr ? calleeOf(x).name : "";
}

/** `s.config.Hosts`, `opts.Files`. */
function isSetting(e: Expr): boolean {
  let is = false;
  walk(e, (n) => {
    if (n.kind === NodeKind.Ident) is ||= settings.test(n.name);
    return !is;
  });
  return is;
}

/** `answer.Files`, where the answer came from elsewhere. What hangs on a parameter or the receiver was there: a few or many, nobody knows. */
function isPartOfLong(whole: Expr, unit: FunctionUnit, seen: Set<Var>): boolean {
  const x = unparen(whole);
  if (x.kind === NodeKind.SelectorExpr || x.kind === NodeKind.IndexExpr) return isPartOfLong(x.x, unit, seen);
  if (x.kind === NodeKind.CallExpr) return isLongCall(x, unit, seen);
  const v = variable(x);
  if (v === null || v.isPackageLevel || v.isParam || seen.has(v)) return false;
  seen.add(v);
  return valuesOf(v, unit).some((value) => isPartOfLong(value, unit, seen));
}

/**
 * A local variable is as long as what it was given; what the package declares was written down; of a parameter only its name may tell.
 */
function isLongVariable(id: Ident, unit: FunctionUnit, seen: Set<Var>): boolean {
  const v = variable(id);
  if (v === null || v.isPackageLevel) return false;
  if (v.isParam) return isOfMany(id);
  if (seen.has(v)) return false;
  seen.add(v);
  return valuesOf(v, unit).some((value) => isLong(value, unit, seen) || isGathered(value, v, unit, seen));
}

function valuesOf(v: Var, unit: FunctionUnit): Expr[] {
  const out: Expr[] = [];
  walk(unit.outermost.body, (n) => {
    if (n.kind === NodeKind.AssignStmt) n.lhs.forEach((place, i) => variable(place) === v && out.push(valueFor(n, i)));
    else if (n.kind === NodeKind.ValueSpec)
      n.names.forEach((name, i) => {
        if (variable(name) === v && n.values.length > 0) out.push(n.values.length === 1 ? n.values[0] : n.values[i]);
      });
  });
  return out;
}

const valueFor = ({ lhs, rhs }: AssignStmt, i: number): Expr => (lhs.length === rhs.length ? rhs[i] : rhs[0]);

/** `paths = append(paths, path)` in a loop or in a function that something calls for each: it grows with what that goes over. */
function isGathered(value: Expr, v: Var, unit: FunctionUnit, seen: Set<Var>): boolean {
  const call = unparen(value);
  if (call.kind !== NodeKind.CallExpr || calleeOf(call).builtin?.name !== "append") return false;
  if (call.args[0] === undefined || variable(call.args[0]) !== v) return false;
  let grows = false;
  walk(unit.outermost.body, (n) => {
    if (grows || n.pos > call.pos || n.end < call.end) return false;
    grows = n.kind === NodeKind.FuncLit && v.captured;
    if (n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt) grows = isLongLoop(n, unit, seen);
    return true;
  });
  return grows;
}

/** What comes from elsewhere: a call that can fail, or waits for somebody. What only looks at what is there may be short. */
function isLongCall(call: CallExpr, unit: FunctionUnit, seen: Set<Var>): boolean {
  const { kind, builtin, name, func } = calleeOf(call);
  if (kind === CalleeKind.Conversion || builtin?.name === "len" || (builtin?.name === "append" && call.ellipsis >= 0)) {
    const list = call.args.at(-1);
    return list !== undefined && isLong(list, unit, seen);
  }
  if (kind === CalleeKind.Builtin) return false;
  const from = func?.pkg?.path;
  if (from === "maps" || from === "slices" || from === "golang.org/x/exp/maps")
    return call.args[0] !== undefined && isLong(call.args[0], unit, seen);
  // The lines of a text are many.
  if (from === "strings" || from === "bytes")
    return splits.has(name) && call.args[1] !== undefined && isLine(call.args[1]);
  // os.ReadDir(gpusPath)
  if (
    call.args.some((arg) =>
      nameOf(unparen(arg))
        .split(word)
        .some((w) => few.test(w)),
    )
  )
    return false;
  // filepath.Glob(sysPath("devices/system/node/node[0-9]*")): what the program's own text names
  if (from === "path/filepath" && name === "Glob" && isWritten(call.args[0])) return false;
  const t = typeOf(call);
  const fails = t.kind === TypeKind.Tuple && t.types.some((r) => identical(r, errorType));
  return fails || call.args.some((arg) => isContext(typeOf(arg)));
}

/** A constant, or what a call makes of constants. */
function isWritten(e: Expr): boolean {
  const x = unparen(e);
  return constOf(x) !== null || (x.kind === NodeKind.CallExpr && x.args.length > 0 && x.args.every(isWritten));
}

function isLine(separator: Expr): boolean {
  const s = constOf(separator);
  return typeof s === "string" && s.includes("\n");
}

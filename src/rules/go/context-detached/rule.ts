/**
 * `context.Background()` or `TODO()` handed to a callee by a function that was given a context, and that never looks at
 * it: the caller's cancellation and deadline end here.
 *
 * A function that uses its context for other calls picked Background for this one on purpose, as far as anybody can tell;
 * only TODO says of itself that it was not meant to stay.
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { calledName, contextEnds, Ending, isContext, isRequest } from "../../../go/summary/contexts.ts";
import { oneShots } from "../../../go/summary/one-shot.ts";
import { derives, onlyResolve, roots } from "../../../go/knowledge/contexts.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { commentsOf } from "../../../go/syntax/parser.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { CalleeKind, calleeOf, unparen } from "../../../go/types/callee.ts";
import { isBehindDone } from "../../../go/flow/context-done.ts";
import { variable } from "../../../go/flow/facts.ts";
import { mentions } from "../../../go/flow/mentions.ts";
import type { Var } from "../../../go/types/object.ts";
import { identical } from "../../../go/types/identical.ts";
import { typeOf } from "../../../go/types/record.ts";
import { lookupFieldOrMethod } from "../../../go/types/lookup.ts";
import { type Type, TypeKind } from "../../../go/types/type.ts";
import { under } from "../../../go/types/typeset.ts";
import { errorType } from "../../../go/types/universe.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { commentAbove } from "../../comment.ts";
import { isDecided } from "../../nolint.ts";
import { onceIsNote } from "../../once.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  detached:
    "{root} is handed to {callee} although `{scope}` is at hand and not looked at anywhere in {function}: the caller's cancellation and deadline are dropped. Pass {repair}.",
  todo: "context.TODO() is handed to {callee} although `{scope}` is at hand: the caller's cancellation and deadline are dropped. Pass {repair}.",
  read: "{root} is handed to {callee} although `{scope}` is at hand: this one goes on when the caller has left or its time is up. Pass {repair}.",
  goroutine:
    "A goroutine works for {callee} with {root}: neither the caller, whose `{scope}` is never looked at, nor a deadline of its own can end it. Give it context.WithTimeout(context.WithoutCancel({repair}), …).",
};

type Pass = RulePass<typeof messages>;

export const rule = defineRule({
  id: "context-detached",
  title: "A fresh context replaces the one at hand",
  severity: "warning",
  since: "0.1.0",
  messages,
  check(pass) {
    if (!pass.imports("context")) return;
    for (const unit of pass.scope) checkUnit(pass, unit);
  },
});

/** Work that is meant to be done even when the caller has gone, or that has no caller who waits. */
const cleanup =
  /close|stop|shut|clean|release|unlock|rollback|abort|revoke|delete|remove|destroy|teardown|finish|flush|drain|disconnect|leave|deregister|unregister|cancel|audit|metric|record|emit|background|detach|async|daemon|init|start|run|serve|bootstrap|setup|register|migrat/i;

function checkUnit(pass: Pass, unit: FunctionUnit): void {
  const scope = scopeOf(unit);
  if (scope === null || isCleanup(unit) || isTesting(unit)) return;
  // defer func() { … }() runs when the caller may be gone
  if (isDeferred(unit)) return;
  const used = isLookedAt(unit, scope);
  const visit = (root: Node, goroutine: boolean): void => {
    walk(root, (n) => {
      if (n.kind === NodeKind.DeferStmt) return false;
      if (n.kind === NodeKind.GoStmt) {
        for (const arg of n.call.args) visit(arg, false);
        const fun = unparen(n.call.fun);
        if (fun.kind === NodeKind.FuncLit) {
          if (!hasContext(fun) && !makesContexts(pass, fun)) visit(fun.body, true);
        } else check(n.call, true);
        return false;
      }
      // Other function literals run when and for whom nobody knows.
      if (n.kind === NodeKind.FuncLit) return false;
      if (n.kind === NodeKind.CallExpr) check(n, goroutine);
      return true;
    });
  };
  const check = (call: CallExpr, goroutine: boolean): void => {
    const [arg] = call.args;
    if (arg === undefined) return;
    const root = rootOf(pass, arg);
    if (root === null || !isWork(pass, call)) return;
    // Nothing is gained by reading to the end for somebody who has left.
    const reads = used && !goroutine && isRead(call, root);
    const chosen = used && !goroutine && !reads && root !== "context.TODO()";
    const spared =
      whySpared(pass, unit, call) ??
      (used && goroutine ? Outlives : chosen ? Chosen : isOver(unit, scope, call) ? Over : null);
    if (spared !== null) return pass.spare?.(unit, call, spared);
    report(pass, unit, call, arg, root, scope, goroutine ? "goroutine" : reads ? "read" : used ? "todo" : "detached");
  };
  visit(unit.body, false);
}

/** The function, one around it or the field that it is given to says so: `OnStop: func(ctx context.Context) error { … }`. */
function isCleanup(unit: FunctionUnit): boolean {
  for (let u: FunctionUnit | null = unit; u !== null; u = u.outer) {
    // What init registers runs later, for whoever calls it.
    if (u.func?.name !== "init" && cleanup.test(u.func?.name ?? "")) return true;
    if (u.outer === null || u.node.kind !== NodeKind.FuncLit) continue;
    const lit = u.node;
    let named = false;
    walk(u.outer.body, (n) => {
      if (n.pos > lit.pos || n.end < lit.end) return false;
      if (n.kind === NodeKind.KeyValueExpr && n.value === lit && n.key.kind === NodeKind.Ident)
        named = cleanup.test(n.key.name);
      return !named;
    });
    if (named) return true;
  }
  return false;
}

const Outlives = "the goroutine may be meant to outlive the call: the function looks at its context elsewhere";
const Chosen = "the function looks at its context elsewhere, and chose another here";
const Over = "the context at hand has ended where the call is made: with it nothing would be done";

/** `ctx.Err() != nil` holds there, or `<-ctx.Done()` came. */
function isOver(unit: FunctionUnit, { param }: Scope, call: CallExpr): boolean {
  return isBehindDone(unit.cfg, call, (e) => {
    const x = unparen(e);
    if (x.kind !== NodeKind.CallExpr) return variable(x) === param;
    const { fun } = x; // r.Context()
    return fun.kind === NodeKind.SelectorExpr && fun.sel.name === "Context" && variable(fun.x) === param;
  });
}

/** Why the call does well to have a context of its own, whatever the function does with the one at hand. */
function whySpared(pass: Pass, unit: FunctionUnit, call: CallExpr): string | null {
  if (isGivenNothing(pass, unit)) return "all its callers give it a context that never ends";
  if (readsValues(pass, call)) return "the callee takes its context for values alone";
  if (decidesByValue(pass, call)) return "what the callee does depends on a value of its context";
  if (livesOn(unit, call))
    return "what the call gives is returned: it needs its context for as long as the caller has it";
  if (processStays(unit, call)) return "nobody waits here for the process: the end of its context would kill it";
  return isExplained(unit, call.args[0]) || isDecided(unit.file, call, ["contextcheck", "gosec"])
    ? "a comment says why"
    : null;
}

/**
 * "If both Options.Cache and Options.Cache.Reader are non-nil, the client reads from a local cache", as a manager's does:
 * https://pkg.go.dev/sigs.k8s.io/controller-runtime/pkg/client#New
 */
function readsCache(call: CallExpr): boolean {
  const { func, name } = calleeOf(call);
  return (name === "Get" || name === "List") && func?.pkg?.path === "sigs.k8s.io/controller-runtime/pkg/client";
}

/** `log.ErrorContext(ctx, …)`: https://pkg.go.dev/log/slog#hdr-Contexts */
function logs(call: CallExpr): boolean {
  const fun = unparen(call.fun);
  return fun.kind === NodeKind.SelectorExpr && fun.sel.name.endsWith("Context") && isLogger(typeOf(fun.x));
}

/** In all the calls that there are, methods' too, the context at hand is none that could end. */
function isGivenNothing(pass: Pass, unit: FunctionUnit): boolean {
  const { func } = unit;
  const shots = oneShots(pass.units, pass.summaries);
  const calls = func === null || shots.isOpen(func) ? null : shots.callsOf(func);
  const ctx = unit.signature?.params.find((p) => isContext(p.type));
  if (calls === null || ctx === undefined) return false;
  const given = calls.flatMap(({ at }) => (at.kind === NodeKind.CallExpr ? [at] : []));
  return contextEnds(pass.units, pass.summaries).given(ctx, unit, given) === Ending.Never;
}

const decoder = new TextDecoder();

/** A comment above, or anywhere in the function, says why: // not the request's context: … */
function isExplained({ file, body }: FunctionUnit, at: Node): boolean {
  const why = /\b(?:context|ctx|cancel\w*|deadline|timeout|background|detach\w*|outlive\w*|independent\w*)\b/i;
  if (why.test(commentAbove(file, at))) return true;
  const { src } = file.file;
  // As they are written: of a `//nolint:govet // why` the text of the group has nothing.
  return commentsOf(file.file).some(
    (c) =>
      c.pos >= body.pos &&
      c.end <= body.end &&
      /(?:\bnot|n't|\bnever|\bwithout|\binstead)\b.*\b(?:cancel|context|ctx)/i.test(
        decoder.decode(src.subarray(c.pos, c.end)),
      ),
  );
}

/** The unit of a function of the program, and the context it takes first. */
function calleeUnit(pass: Pass, call: CallExpr): { unit: FunctionUnit; param: Var } | null {
  const { func, kind } = calleeOf(call);
  if (func === null || kind !== CalleeKind.Static || func.pkg?.source?.standard === true) return null;
  const unit = pass.summaries.unitOf(func);
  const param = unit?.signature?.params[0];
  return unit === null || param === undefined ? null : { unit, param };
}

/** Helpers of helpers of helpers are not asked. */
const MaxDepth = 2;

/**
 * The callee takes its context for values alone: `func GetConfig(ctx context.Context) *Config { … ctx.Value(key) … }`, or for a logger
 * before it makes one of its own: `op := trace.FromContext(ctx); ctx, cancel := context.WithTimeout(context.Background(), limit)`.
 */
function readsValues(pass: Pass, call: CallExpr, depth = 0): boolean {
  const callee = calleeUnit(pass, call);
  if (callee === null) return false;
  const { unit, param } = callee;
  const values = new Set<Node>();
  const until = replacedAt(unit, param);
  let other = false;
  walk(unit.body, (n) => {
    if (n.pos >= until) return false;
    if (n.kind === NodeKind.SelectorExpr && n.sel.name === "Value" && variable(n.x) === param) values.add(unparen(n.x));
    if (n.kind === NodeKind.BinaryExpr) for (const e of [n.x, n.y]) if (variable(e) === param) values.add(unparen(e));
    if (n.kind === NodeKind.CallExpr && n.args[0] !== undefined && variable(n.args[0]) === param)
      if (
        /(?:^f|F)rom(?:Context|Ctx)$/.test(calleeOf(n).name) ||
        readsCache(n) ||
        logs(n) ||
        (depth < MaxDepth && readsValues(pass, n, depth + 1))
      )
        values.add(unparen(n.args[0]));
    if (n.kind === NodeKind.Ident && n.obj === param && !values.has(n)) other = true;
    return !other;
  });
  return !other;
}

/** From where on the parameter is another context: a statement of the function's own list gives it one that is not made of it. */
function replacedAt({ body }: FunctionUnit, param: Var): number {
  const s = body.list.find(
    (s) =>
      s.kind === NodeKind.AssignStmt &&
      s.lhs.some((e) => variable(e) === param) &&
      !s.rhs.some((e) => mentions(e, new Set([param]))),
  );
  return s?.pos ?? Infinity;
}

/** What the callee does depends on a value of its context: `if skips(ctx) { … }`. With another one it would do something else. */
function decidesByValue(pass: Pass, call: CallExpr): boolean {
  const callee = calleeUnit(pass, call);
  if (callee === null) return false;
  const { unit, param } = callee;
  let decides = false;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.IfStmt)
      walk(n.cond, (m) => {
        if (m.kind === NodeKind.CallExpr && m.args[0] !== undefined && variable(m.args[0]) === param)
          decides ||= readsValues(pass, m);
      });
    return !decides && n.kind !== NodeKind.FuncLit;
  });
  return decides;
}

/** By which one reads on, under the context that was given when it was opened. A connection's context is over with its making. */
const readingMethods = ["Read", "ReadAt", "Recv", "Next", "ResultChan"];

/**
 * What the call gives is read from, and returned, by itself or inside of something: it works under the context when the function has
 * ended, and perhaps the caller's context with it.
 */
function livesOn(unit: FunctionUnit, call: CallExpr): boolean {
  const sig = under(typeOf(call.fun));
  const given = sig.kind === TypeKind.Signature ? (sig.results[0]?.type ?? null) : null;
  if (given === null || !readingMethods.some((m) => lookupFieldOrMethod(given, m, null) !== null)) return false;
  const names = new Set<Var>();
  for (const s of unit.nodes(NodeKind.AssignStmt)) {
    const v = s.rhs.length === 1 && unparen(s.rhs[0]) === call ? variable(s.lhs[0]) : null;
    if (v !== null) names.add(v);
  }
  let returned = false;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.FuncLit) return false;
    if (n.kind !== NodeKind.ReturnStmt) return !returned;
    for (const e of n.results)
      walk(e, (x) => {
        if (x === call) returned = true;
        // rows.Close() gives something else
        if (x.kind === NodeKind.SelectorExpr || x.kind === NodeKind.CallExpr) return false;
        const v = x.kind === NodeKind.Ident ? variable(x) : null;
        if (v !== null && names.has(v)) returned = true;
        return !returned;
      });
    return false;
  });
  return returned;
}

/** By which one waits for a process: https://pkg.go.dev/os/exec#Cmd */
const waits: ReadonlySet<string> = new Set(["Run", "Output", "CombinedOutput", "Wait"]);

/**
 * `cmd := exec.CommandContext(…)`, and what runs it is left to others, or to a goroutine: "the provided context is used to interrupt the
 * process" (https://pkg.go.dev/os/exec#CommandContext), which may be meant to outlive the call.
 */
function processStays(unit: FunctionUnit, call: CallExpr): boolean {
  if (calleeOf(call).func?.pkg?.path !== "os/exec" || calleeOf(call).name !== "CommandContext") return false;
  const cmd = unit.nodes(NodeKind.AssignStmt).find((s) => s.rhs.length === 1 && unparen(s.rhs[0]) === call)?.lhs[0];
  const v = cmd === undefined ? null : variable(cmd);
  let waited = false;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.GoStmt) return false;
    if (n.kind === NodeKind.SelectorExpr && waits.has(n.sel.name))
      waited ||= unparen(n.x) === call || (v !== null && variable(n.x) === v);
    return !waited;
  });
  return !waited;
}

interface Scope {
  readonly param: Var;
  /** `ctx`, `r.Context()`. */
  readonly text: string;
}

/** The context that a function was given: a parameter, or that of a handler's request. */
function scopeOf(unit: FunctionUnit): Scope | null {
  const params = unit.signature?.params ?? [];
  const named = params.filter((p) => p.name !== "" && p.name !== "_");
  const ctx = named.find((p) => isContext(p.type));
  if (ctx !== undefined) return { param: ctx, text: ctx.name };
  const r = params.length === 2 ? named.find((p) => isRequest(p.type)) : undefined;
  return r === undefined ? null : { param: r, text: `${r.name}.Context()` };
}

/** ctx is mentioned anywhere, r.Context() or r as a whole handed on. */
function isLookedAt(unit: FunctionUnit, { param }: Scope): boolean {
  const fields = new Set<Node>();
  let used = false;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.SelectorExpr && isRequest(param.type) && n.x.kind === NodeKind.Ident && n.x.obj === param) {
      if (n.sel.name !== "Context" && n.sel.name !== "WithContext" && n.sel.name !== "Clone") fields.add(n.x);
    }
    if (n.kind === NodeKind.Ident && n.obj === param && !fields.has(n)) used = true;
    // _ = ctx is how one says that it is not wanted
    return !used;
  });
  return used;
}

/** Background() itself, or a deadline or cancel on it; a value's context is somebody's plan. */
function rootOf(pass: Pass, e: Expr): string | null {
  const x = unparen(e);
  if (x.kind !== NodeKind.CallExpr) return null;
  const name = calledName(x, pass.summaries);
  return roots.has(name) ? `${name}()` : null;
}

/** A call that does something under its context, in time: not one that makes another context or only reads values. */
function isWork(pass: Pass, call: CallExpr): boolean {
  const callee = calleeOf(call);
  if (callee.kind === CalleeKind.Conversion || callee.kind === CalleeKind.Builtin) return false;
  const sig = under(typeOf(call.fun));
  if (sig.kind !== TypeKind.Signature || !isContext(sig.params[0]?.type ?? null)) return false;
  const name = calledName(call, pass.summaries);
  // context.WithTimeout(context.Background(), d): a deadline, but not the caller's
  if (derives.has(name))
    return derives.get(name) !== "value" && derives.get(name) !== "cancel" && name.startsWith("context.");
  if (sig.results.some((r) => isContext(r.type))) return false;
  // lc.Listen(context.TODO(), "unix", path)
  if (onlyResolve.has(name)) return false;
  // log.G(context.TODO()): loggers and tracers read values, there is nothing to cancel
  if (sig.results.some((r) => isLogger(r.type))) return false;
  if (
    /(?:^|\/)(?:log|logs|slog|klog|zap|logr|logger|logging|trace|tracing|metrics?)(?:\/|$)/.test(
      callee.func?.pkg?.path ?? "",
    )
  )
    return false;
  if (/^(?:New|With|From|Must|Log|Debug|Info|Warn|Error|Print|Enabled|Handle|Load.*Config)/.test(callee.name))
    return false;
  return !cleanup.test(callee.name);
}

/** `*logrus.Entry`, `logr.Logger`, `*zap.SugaredLogger`, a Logger of the program's own. */
function isLogger(t: Type | null): boolean {
  const base = t?.kind === TypeKind.Pointer ? t.elem : t;
  if (base?.kind !== TypeKind.Named) return false;
  const { name, pkg } = base.obj;
  return name.endsWith("Logger") || /(?:^|\/)(?:\w*log|logrus|logr|zap)(?:\/v\d+)?$/.test(pkg?.path ?? "");
}

/** A call by whose name it only reads, of a method that may fail: `client.Stat(ctx, …)`, `health.Check(ctx, …)`. */
function isRead(call: CallExpr, root: string): boolean {
  const callee = calleeOf(call);
  if (root !== "context.Background()" || call.fun.kind !== NodeKind.SelectorExpr) return false;
  const sig = under(typeOf(call.fun));
  const last = sig.kind === TypeKind.Signature ? (sig.results.at(-1)?.type ?? null) : null;
  if (last === null || !identical(last, errorType)) return false;
  return /^(?:Get|Stat|List|Head|Read|Query|Fetch|Find|Lookup|Describe|Search|Count|Exists|Check|Ping)(?:[A-Z]|$)/.test(
    callee.name,
  );
}

function hasContext(lit: { type: { params: { list: readonly { type: Expr }[] } } }): boolean {
  return lit.type.params.list.some((f) => isContext(typeOf(f.type)));
}

/** The goroutine bounds its work itself. */
function makesContexts(pass: Pass, lit: Node): boolean {
  let makes = false;
  walk(lit, (n) => {
    if (n.kind === NodeKind.CallExpr && derives.has(calledName(n, pass.summaries))) makes = true;
    return !makes;
  });
  return makes;
}

function isDeferred(unit: FunctionUnit): boolean {
  const defers = unit.outer?.nodes(NodeKind.DeferStmt) ?? [];
  return defers.some((d) => unparen(d.call.fun) === unit.node);
}

function isTesting(unit: FunctionUnit): boolean {
  const { path } = unit.file.file;
  return (
    path.endsWith("_test.go") ||
    (unit.signature?.params.some((p) =>
      /testing/.test(
        p.type?.kind === TypeKind.Pointer && p.type.elem.kind === TypeKind.Named
          ? (p.type.elem.obj.pkg?.path ?? "")
          : "",
      ),
    ) ??
      false)
  );
}

/** Its comment says so: https://go.dev/wiki/Deprecated. What replaces it takes the context. */
function isDeprecated({ file, outermost: { node } }: FunctionUnit): boolean {
  return node.kind === NodeKind.FuncDecl && /(?:^|\s)Deprecated(?: [\d-]+)?:/.test(commentAbove(file, node));
}

function report(
  pass: Pass,
  unit: FunctionUnit,
  call: CallExpr,
  arg: Expr,
  root: string,
  scope: Scope,
  message: keyof typeof messages,
): void {
  const { file } = unit;
  const callee = exprText(file, call.fun);
  pass.report({
    file,
    at: arg,
    unit,
    message,
    data: {
      root,
      callee,
      scope: scope.text,
      repair: scope.text,
      function: unit.outer === null ? unit.name : "the function",
    },
    path: [{ file, at: arg, message: `a context without parent is handed to ${callee}` }],
    ...onceIsNote(pass, unit, call),
    ...(isDeprecated(unit)
      ? { noteBecause: "the function is deprecated" }
      : readsCache(call)
        ? { noteBecause: "a manager's client reads from its cache, which answers at once" }
        : {}),
    ...(message === "goroutine"
      ? {}
      : {
          fix: { title: `Pass \`${scope.text}\``, edits: [{ file, start: arg.pos, end: arg.end, text: scope.text }] },
        }),
  });
}

/**
 * A context is derived (a deadline, a cancel function, a value) and then nobody gets it: the work it was made for is
 * handed the older context, or the request that still carries the older one.
 *
 *     ctx, cancel := context.WithTimeout(r.Context(), time.Second)
 *     defer cancel()
 *     next.ServeHTTP(w, r)        // r knows nothing of ctx
 */
import type { Block } from "../../../go/cfg/blocks.ts";
import { evaluated } from "../../../go/cfg/blocks.ts";
import { variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { derives } from "../../../go/knowledge/contexts.ts";
import {
  calledName,
  type Derivation,
  derivations,
  isContext,
  isLocal,
  isNamed,
  isRequest,
  usesOf,
} from "../../../go/summary/contexts.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { CalleeKind, calleeOf, unparen } from "../../../go/types/callee.ts";
import type { Var } from "../../../go/types/object.ts";
import { typeOf } from "../../../go/types/record.ts";
import { TypeKind } from "../../../go/types/type.ts";
import { under } from "../../../go/types/typeset.ts";
import { defineRule, type EditDraft, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  request:
    "The {gives} of {derived} never reaches {callee}: `{old}` still carries the older context. Pass `{repair}` instead.",
  context:
    "The {gives} of {derived} never reaches {callee}: it is given `{old}`, the older context. Pass {repair} instead.",
};

type Pass = RulePass<typeof messages>;

export const rule = defineRule({
  id: "context-not-propagated",
  title: "A derived context is made, and the older one is passed on",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    if (!pass.imports("context")) return;
    for (const unit of pass.scope) for (const d of derivations(unit, pass.summaries)) checkDerivation(pass, unit, d);
  },
});

/** What the work is handed instead of the new context. */
interface OldUse {
  readonly call: CallExpr;
  readonly arg: Expr;
  readonly shape: "request" | "context";
}

function checkDerivation(pass: Pass, unit: FunctionUnit, d: Derivation): void {
  if (d.result !== null && (!isLocal(unit, d.result) || isResult(unit, d.result))) return;
  const after = nodesAfter(unit, d.node);
  const old = oldOf(unit, d);
  if (old === null) return;
  if (d.result !== null && isUsed(pass, after, d, new Set()))
    return pass.spare?.(unit, d.call, `${d.result.name} is used`);
  const found = firstUse(pass, after, old, d);
  if (found === null) return;
  const { file } = unit;
  const name = d.result?.name ?? null;
  const repair =
    found.shape === "request"
      ? `${exprText(file, found.arg)}.WithContext(${name ?? "ctx"})`
      : name === null
        ? "the new one"
        : `\`${name}\``;
  pass.report({
    file,
    at: d.call,
    unit,
    message: found.shape,
    data: {
      gives: { cancel: "cancellation", deadline: "deadline", value: "value" }[d.gives],
      derived: exprText(file, d.call.fun),
      callee: exprText(file, found.call.fun),
      old: exprText(file, found.arg),
      repair,
    },
    path: [
      { file, at: d.call, message: "a new context is made here" },
      {
        file,
        at: found.call,
        message: `the work is given \`${exprText(file, found.arg)}\`, which leads to the older one`,
      },
    ],
    ...fixOf(unit, d, found, repair),
  });
}

/** The variable whose value is, or carries, the parent: ctx, or r of r.Context(). */
function oldOf(unit: FunctionUnit, d: Derivation): { context: Var | null; carrier: Var | null } | null {
  let context = variable(d.parent);
  let carrier: Var | null = carrierOf(d.parent);
  // ctx := r.Context(); ctx, cancel := context.WithTimeout(ctx, …)
  if (context !== null && isLocal(unit, context)) {
    const v = context;
    walk(unit.body, (n) => {
      if (n.kind !== NodeKind.AssignStmt || n.lhs.length !== 1 || n.rhs.length !== 1 || n.pos >= d.node.pos) return;
      if (variable(n.lhs[0]) === v) carrier = carrierOf(n.rhs[0]);
    });
  }
  if (context === d.result) context = null;
  return context === null && carrier === null ? null : { context, carrier };
}

/** r.Context(), c.Request.Context(), c.Request().Context() → r, c. */
function carrierOf(e: Expr): Var | null {
  const x = unparen(e);
  if (x.kind !== NodeKind.CallExpr || x.args.length > 0 || x.fun.kind !== NodeKind.SelectorExpr) return null;
  if (x.fun.sel.name !== "Context" && x.fun.sel.name !== "UserContext") return null;
  if (isRequest(typeOf(x.fun.x)) && variable(x.fun.x) !== null) return variable(x.fun.x);
  let base: Expr = unparen(x.fun.x);
  for (;;) {
    if (base.kind === NodeKind.SelectorExpr) base = unparen(base.x);
    else if (base.kind === NodeKind.CallExpr && base.fun.kind === NodeKind.SelectorExpr) base = unparen(base.fun.x);
    else break;
  }
  const v = variable(base);
  return v !== null && isFrameworkContext(v) ? v : null;
}

function isFrameworkContext(v: Var): boolean {
  const t = v.type?.kind === TypeKind.Pointer ? v.type.elem : v.type;
  return (
    isNamed(t, "github.com/gin-gonic/gin", "Context") ||
    isNamed(t, "github.com/labstack/echo/v4", "Context") ||
    isNamed(t, "github.com/labstack/echo", "Context") ||
    isNamed(t, "github.com/gofiber/fiber/v2", "Ctx") ||
    isNamed(t, "github.com/gofiber/fiber/v3", "Ctx")
  );
}

function isResult(unit: FunctionUnit, v: Var): boolean {
  return unit.signature?.results.includes(v) === true;
}

/** Nodes that can run after `node`, it not included unless a loop leads back. */
function nodesAfter(unit: FunctionUnit, node: Node): Node[] {
  const place = unit.cfg.place(node);
  if (place === undefined) return [];
  const out = place.block.nodes.slice(place.index + 1);
  const seen = new Set<Block>();
  const work = place.block.succs.map((e) => e.to);
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    if (seen.has(block)) continue;
    seen.add(block);
    out.push(...block.nodes);
    work.push(...block.succs.map((e) => e.to));
  }
  return out.sort((a, b) => a.pos - b.pos);
}

/** Somebody gets the new context: anything but `_ = ctx`, ctx.Err() and a further derivation that is not used either. */
function isUsed(pass: Pass, after: readonly Node[], d: Derivation, seen: Set<Var>): boolean {
  const v = d.result;
  if (v === null) return false;
  if (seen.has(v)) return false;
  seen.add(v);
  return after.some((node) => {
    if (node === d.node) return false;
    if (isBlankAssignment(node)) return false;
    const idle = new Set<Node>();
    evaluated(node, (n) => {
      if (n.kind !== NodeKind.CallExpr) return;
      if (n.fun.kind === NodeKind.SelectorExpr && variable(n.fun.x) === v && n.args.length === 0) {
        // ctx.Err() after the fact; ctx.Done() too where the request is what matters
        if (n.fun.sel.name === "Err" || (n.fun.sel.name === "Done" && carrierOf(d.parent) !== null))
          idle.add(unparen(n.fun.x));
      }
      if (calledName(n, pass.summaries) === "context.Cause" && n.args[0] !== undefined) idle.add(unparen(n.args[0]));
    });
    const again = derivedIn(pass, node);
    if (again !== null && variable(again.parent) === v) {
      const next = variable(again.place);
      if (next === v || (next !== null && !isUsed(pass, after, { ...d, node, result: next }, seen)))
        idle.add(again.parent);
    }
    // An assignment of the variable is no use of it.
    if (node.kind === NodeKind.AssignStmt) for (const e of node.lhs) if (variable(e) === v) idle.add(unparen(e));
    let used = false;
    usesOf(node, v, (id) => {
      if (!idle.has(id)) used = true;
    });
    return used;
  });
}

function derivedIn(pass: Pass, node: Node): { parent: Expr; place: Expr } | null {
  if (node.kind !== NodeKind.AssignStmt || node.rhs.length !== 1) return null;
  const call = unparen(node.rhs[0]);
  if (call.kind !== NodeKind.CallExpr || !derives.has(calledName(call, pass.summaries))) return null;
  return { parent: unparen(call.args[0]), place: unparen(node.lhs[0]) };
}

function isBlankAssignment(node: Node): boolean {
  if (node.kind !== NodeKind.AssignStmt || node.rhs.some((e) => variable(e) === null)) return false;
  return node.lhs.every((e) => e.kind === NodeKind.Ident && e.name === "_");
}

/** The first call that does the work with what is old. */
function firstUse(
  pass: Pass,
  after: readonly Node[],
  old: { context: Var | null; carrier: Var | null },
  d: Derivation,
): OldUse | null {
  let found: OldUse | null = null;
  const call = (n: CallExpr): void => {
    const name = calledName(n, pass.summaries);
    if (found !== null || n === d.call || derives.has(name) || name.startsWith("context.")) return;
    if (old.carrier !== null) {
      const arg = n.args.find((a) => variable(a) === old.carrier);
      if (arg !== undefined && isWork(n, old.carrier)) found = { call: n, arg, shape: "request" };
    }
    if (old.context !== null && d.gives !== "value") {
      const [arg] = n.args;
      const takes = arg !== undefined && variable(arg) === old.context && isContext(typeOf(arg));
      if (takes && calleeOf(n).kind !== CalleeKind.Conversion && !isBookkeeping(n))
        found = { call: n, arg, shape: "context" };
    }
  };
  for (const node of after) {
    if (found !== null) break;
    // r = r.WithContext(ctx), c.Request = …: the carrier is no longer the old one
    if (old.carrier !== null && replaces(node, old.carrier)) return null;
    if (node.kind === NodeKind.DeferStmt) continue;
    walkCalls(node, call);
  }
  return found;
}

function walkCalls(node: Node, visit: (call: CallExpr) => void): void {
  evaluated(node, (n) => {
    if (n.kind === NodeKind.CallExpr) visit(n);
    else if (n.kind === NodeKind.FuncLit) walk(n.body, (m) => void (m.kind === NodeKind.CallExpr && visit(m)));
  });
}

function replaces(node: Node, carrier: Var): boolean {
  let replaced = false;
  evaluated(node, (n) => {
    if (n.kind === NodeKind.AssignStmt)
      replaced ||= n.lhs.some((e) => {
        const x = unparen(e);
        return (
          variable(x) === carrier ||
          (x.kind === NodeKind.SelectorExpr && variable(x.x) === carrier) ||
          x.kind === NodeKind.StarExpr
        );
      });
    if (n.kind === NodeKind.CallExpr && n.fun.kind === NodeKind.SelectorExpr && variable(n.fun.x) === carrier)
      replaced ||= n.fun.sel.name.startsWith("Set");
  });
  return replaced;
}

/** next.ServeHTTP(w, r), handler(w, r), next(c): the rest of the chain. */
function isWork(call: CallExpr, carrier: Var): boolean {
  const sig = under(typeOf(call.fun));
  if (sig.kind !== TypeKind.Signature) return false;
  if (isRequest(carrier.type)) {
    return (
      sig.params.length === 2 &&
      isNamed(sig.params[0].type, "net/http", "ResponseWriter") &&
      isRequest(sig.params[1].type)
    );
  }
  return sig.params.length === 1 && calleeOf(call).kind !== CalleeKind.Static;
}

/** Loggers and tracers that read values: the older context serves them as well. */
function isBookkeeping(call: CallExpr): boolean {
  const { name, func } = calleeOf(call);
  if (/^(?:Log|Debug|Info|Warn|Error|Print|Trace|Fatal|Panic|Span|FromContext|Value|From)/.test(name)) return true;
  return /(?:\/|^)(?:log|slog|klog|zap|logr|logging|trace|tracing|metrics)(?:\/|$)/.test(func?.pkg?.path ?? "");
}

/** Swaps the argument, where the new context has a name that is in scope there. */
function fixOf(
  unit: FunctionUnit,
  d: Derivation,
  found: OldUse,
  repair: string,
): { fix?: { title: string; edits: EditDraft[] } } {
  const v = d.result;
  if (v === null || v.name === "_" || !scopeReaches(unit, d.node, found.call)) return {};
  if (found.shape === "request" && !isRequest(typeOf(found.arg))) return {};
  const text = found.shape === "request" ? repair : v.name;
  return {
    fix: {
      title: `Pass \`${text}\``,
      edits: [{ file: unit.file, start: found.arg.pos, end: found.arg.end, text }],
    },
  };
}

/** The innermost block around the derivation also holds the call. */
function scopeReaches(unit: FunctionUnit, from: Node, to: Node): boolean {
  let end = unit.body.end;
  walk(unit.body, (n) => {
    if (n.pos > from.pos || n.end < from.end) return false;
    if (
      n.kind === NodeKind.BlockStmt ||
      n.kind === NodeKind.CaseClause ||
      n.kind === NodeKind.CommClause ||
      n.kind === NodeKind.IfStmt
    )
      end = n.end;
    return true;
  });
  return to.pos < end;
}

/**
 * A request without any deadline, sent on a path that runs again and again: `http.Get` and its kin, which use the default
 * client and no context, or the default client with a request whose context can never be done.
 */
import { calledName, contextEnds, Ending } from "../../../go/summary/contexts.ts";
import { entryPoints } from "../../../go/summary/entry-points.ts";
import { isLoopback } from "../../../go/summary/own-host.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { variable } from "../../../go/flow/facts.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { unparen } from "../../../go/types/callee.ts";
import type { Var } from "../../../go/types/object.ts";
import { evidenceSteps, often } from "../../per-call.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  unbounded:
    "{call} has no deadline, and it runs {often}: http.DefaultClient has no Timeout and the request no context that ends, so a peer that does not answer holds the goroutine for ever. Use http.NewRequestWithContext, or a client with a Timeout.",
};

type Pass = RulePass<typeof messages>;

export const rule = defineRule({
  id: "http-request-no-deadline",
  title: "Request without a deadline on a path that runs again and again",
  severity: "warning",
  since: "0.1.0",
  messages,
  check(pass) {
    if (!pass.imports("net/http")) return;
    const sets = setsDefaultTimeout(pass);
    for (const unit of pass.scope) {
      for (const call of unit.nodes(NodeKind.CallExpr)) {
        if (!isUnbounded(pass, unit, call)) continue;
        if (sets) pass.spare?.(unit, call, "the package gives http.DefaultClient another value or a Timeout");
        else report(pass, unit, call);
      }
    }
  },
});

/** "Get is a wrapper around DefaultClient.Get": https://pkg.go.dev/net/http#Get. DefaultClient has no Timeout. */
const withDefault: ReadonlySet<string> = new Set([
  "net/http.Get",
  "net/http.Head",
  "net/http.Post",
  "net/http.PostForm",
]);

function report(pass: Pass, unit: FunctionUnit, call: CallExpr): void {
  const evidence = entryPoints(pass.units, pass.summaries).evidence(unit, call);
  if (evidence === null) return pass.spare?.(unit, call, "nothing shows that it runs for a request or message");
  const { file } = unit;
  pass.report({
    file,
    at: call,
    unit,
    message: "unbounded",
    data: { call: exprText(file, call.fun), often: often(evidence) },
    path: [...evidenceSteps(evidence), { file, at: call, message: "waits as long as the peer likes" }],
    // http.Get("http://localhost:8080/healthz"): a process of this host, as a rule the own one
    ...(call.args.some((arg) => isLoopback(arg, unit, pass.summaries))
      ? { noteBecause: "it asks a process of this host" }
      : {}),
  });
}

function isUnbounded(pass: Pass, unit: FunctionUnit, call: CallExpr): boolean {
  const name = calledName(call, pass.summaries);
  if (withDefault.has(name)) return true;
  if (!name.startsWith("(*net/http.Client).") || call.fun.kind !== NodeKind.SelectorExpr) return false;
  const client = unparen(call.fun.x);
  const isDefault =
    client.kind === NodeKind.SelectorExpr &&
    client.sel.name === "DefaultClient" &&
    exprText(unit.file, client).startsWith("http.");
  if (!isDefault) return false;
  if (name !== "(*net/http.Client).Do") return /\)\.(?:Get|Head|Post|PostForm)$/.test(name);
  const req = call.args[0] === undefined ? null : variable(call.args[0]);
  const made = req === null ? null : madeBy(unit, req);
  if (made === null) return false;
  if (calledName(made, pass.summaries) === "net/http.NewRequest") return true;
  const ctx: Expr | undefined = made.args[0];
  const isWith = calledName(made, pass.summaries) === "net/http.NewRequestWithContext";
  return isWith && ctx !== undefined && contextEnds(pass.units, pass.summaries).ending(ctx, unit) === Ending.Never;
}

/** The one call whose result the request variable is; null where it is assigned or wrapped again. */
function madeBy(unit: FunctionUnit, req: Var): CallExpr | null {
  let made: CallExpr | null = null;
  let count = 0;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.AssignStmt && n.lhs.some((e) => variable(e) === req)) {
      count++;
      const [value] = n.rhs;
      const x = value === undefined ? null : unparen(value);
      if (x?.kind === NodeKind.CallExpr && variable(n.lhs[0]) === req) made = x;
    }
  });
  return count === 1 ? made : null;
}

/** http.DefaultClient.Timeout = …, http.DefaultClient = … */
function setsDefaultTimeout(pass: Pass): boolean {
  const isDefault = (unit: FunctionUnit, e: Expr): boolean => exprText(unit.file, e).startsWith("http.DefaultClient");
  return pass.units.some((unit) =>
    unit
      .nodes(NodeKind.AssignStmt)
      .some((n) => n.lhs.some((e) => e.kind === NodeKind.SelectorExpr && isDefault(unit, e))),
  );
}

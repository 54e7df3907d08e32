/**
 * A client stream that is neither read to its end nor ended through its context. Its goroutine and its place among the
 * connection's streams stay until the context is done or the connection closes: never, where neither happens.
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import type { ResourceSpec } from "../../../go/flow/resource.ts";
import { Hold } from "../../../go/flow/state.ts";
import { type Leak, LeakKind } from "../../../go/flow/leak.ts";
import { variable } from "../../../go/flow/facts.ts";
import { loopsAround } from "../../../go/summary/channels.ts";
import { type ContextEnds, contextEnds, Ending, isContext } from "../../../go/summary/contexts.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import type { AssignStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Expr, NodeKind } from "../../../go/syntax/ast.ts";
import { position } from "../../../go/syntax/lines.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { lookupFieldOrMethod } from "../../../go/types/lookup.ts";
import { ObjKind, type Var } from "../../../go/types/object.ts";
import { typeOf } from "../../../go/types/record.ts";
import { type Type, TypeKind } from "../../../go/types/type.ts";
import { decisionSteps } from "../../decision.ts";
import { Leaves, onceIsNote } from "../../once.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  left: "The stream from {call} is not read to its end on every path: {exit} leaves it, and its context can never be done. Give it a context with a cancel that is called, or receive until an error comes.",
  turn: "The stream from {call} is opened anew on line {line} before the one of the turn before has ended: each stays until {ctx} is done. Derive a context in the loop and cancel it at the end of the turn, or receive until an error comes.",
};

type Pass = RulePass<typeof messages>;

/** https://pkg.go.dev/google.golang.org/grpc#ClientConn.NewStream: "To ensure resources are not leaked …" */
const stream: ResourceSpec = {
  path: [],
  methods: ["CloseAndRecv"],
  call: false,
  exhaustedBy: [],
  failing: ["Recv", "RecvMsg", "Send", "SendMsg", "Header"],
};

export const rule = defineRule({
  id: "grpc-stream-unfinished",
  title: "gRPC stream is neither read to its end nor cancelled",
  severity: "error",
  since: "0.2.0",
  messages,
  check(pass) {
    if (!pass.imports("context")) return;
    let ends: ContextEnds | null = null;
    for (const unit of pass.scope) {
      for (const block of unit.cfg.blocks) {
        if (!block.reachable) continue;
        for (const node of block.nodes) {
          const opened = openedIn(node);
          if (opened === null) continue;
          if (closesConnection(unit)) {
            pass.spare?.(unit, opened.call, "the function closes a connection, and with it all of its streams");
            continue;
          }
          ends ??= contextEnds(pass.units, pass.summaries);
          check(pass, unit, opened, ends);
        }
      }
    }
  },
});

interface Opened {
  readonly node: AssignStmt;
  readonly call: CallExpr;
  readonly ctx: Expr;
  readonly root: Var;
}

/** `stream, err := client.Watch(ctx, request)`. */
function openedIn(node: { kind: NodeKind }): Opened | null {
  if (node.kind !== NodeKind.AssignStmt) return null;
  const n = node as AssignStmt;
  const call = n.rhs.length === 1 && n.lhs.length === 2 ? unparen(n.rhs[0]) : null;
  if (call?.kind !== NodeKind.CallExpr || call.args.length === 0) return null;
  const root = variable(n.lhs[0]);
  const sig = typeOf(call.fun);
  if (root === null || root.isPackageLevel || sig.kind !== TypeKind.Signature || !sig.variadic) return null;
  if (!isContext(sig.params[0]?.type ?? null) || !isClientStream(sig.results[0]?.type ?? null)) return null;
  return { node: n, call, ctx: call.args[0], root };
}

/** It has what grpc.ClientStream has: https://pkg.go.dev/google.golang.org/grpc#ClientStream */
function isClientStream(t: Type | null): boolean {
  return (
    t !== null &&
    ["CloseSend", "Trailer", "RecvMsg", "SendMsg"].every(
      (m) => lookupFieldOrMethod(t, m, null)?.obj.kind === ObjKind.Func,
    )
  );
}

function check(pass: Pass, unit: FunctionUnit, { node, call, ctx, root }: Opened, ends: ContextEnds): void {
  const error = variable(node.lhs[1]);
  const origin = { node, root, hold: Hold.Root, error };
  if (ends.ending(ctx, unit) === Ending.Never) {
    const { leak, gaveUp } = pass.summaries.track(unit, origin, stream);
    if (leak !== null && !gaveUp) report(pass, unit, call, ctx, leak);
    return;
  }
  // A context of the function's own that each turn makes is cancelled there, or context-cancel-lost says that it is not.
  const loop = loopsAround(unit, node).at(-1);
  if (loop === undefined || !isFromOutside(ctx, loop))
    return pass.spare?.(unit, call, `the stream ends with ${exprText(unit.file, ctx)}, which can end`);
  const { leak, gaveUp } = pass.summaries.track(unit, { ...origin, exitOwesNothing: true }, stream);
  if (leak?.kind === LeakKind.Overwritten && !gaveUp) report(pass, unit, call, ctx, leak);
}

/** The context is a variable that the loop does not assign. */
function isFromOutside(ctx: Expr, loop: { pos: number; end: number; body: Parameters<typeof walk>[0] }): boolean {
  const v = variable(ctx);
  if (v === null || (v.pos >= loop.pos && v.pos < loop.end)) return false;
  let assigned = false;
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.AssignStmt) assigned ||= n.lhs.some((e) => variable(e) === v);
    return !assigned;
  });
  return !assigned;
}

/** The function closes a connection, and with it all of its streams. */
function closesConnection(unit: FunctionUnit): boolean {
  let closes = false;
  walk(unit.outermost.body, (n) => {
    if (n.kind !== NodeKind.CallExpr || closes) return !closes;
    const { func } = calleeOf(n);
    closes = func?.name === "Close" && func.recvNamed?.obj.pkg?.path === "google.golang.org/grpc";
    return !closes;
  });
  return closes;
}

function report(pass: Pass, unit: FunctionUnit, call: CallExpr, ctx: Expr, leak: Leak): void {
  const { file } = unit;
  const turn = leak.kind === LeakKind.Overwritten;
  const end = leak.at ?? unit.body.list.at(-1) ?? unit.body;
  pass.report({
    file,
    at: call,
    unit,
    message: turn ? "turn" : "left",
    data: {
      call: exprText(file, call.fun),
      ctx: exprText(file, ctx),
      line: String(position(file.file, end.pos).line),
      exit:
        leak.at === null ? "the end of the function" : `the return on line ${position(file.file, leak.at.pos).line}`,
    },
    path: [
      { file, at: call, message: "the stream is opened here" },
      ...decisionSteps(file, leak.decisions),
      { file, at: end, message: turn ? "opened anew here" : "leaves it here" },
    ],
    ...(turn ? { severity: "warning" as const } : {}),
    ...onceIsNote(pass, unit, call, [leak], Leaves.Always),
  });
}

/**
 * The error of a decoder dropped: `json.Unmarshal(data, &v)` as a statement, or its error assigned and never looked at.
 *
 * Broken input then goes on as a half-filled value. In services it shows as wrong answers at best, and at worst as a loop
 * or retry that works on nothing for ever.
 */
import type { CallExpr, Ident } from "../../../go/syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { type Block, evaluated } from "../../../go/cfg/blocks.ts";
import { mentions } from "../../../go/flow/mentions.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { entryPoints, typeName } from "../../../go/summary/entry-points.ts";
import { listensOnLoopback } from "../../../go/summary/own-host.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { decoders } from "../../../go/knowledge/decoders.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { ObjKind, type Var } from "../../../go/types/object.ts";
import { objOf } from "../../../go/types/record.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  dropped:
    "The error of {call} is dropped: on input it cannot read, {target} stays as it was or half filled and the code goes on. Check the error.",
  blank:
    "The error of {call} is assigned to _: on input it cannot read, {target} stays as it was or half filled and the code goes on. Check the error.",
  unread:
    "The error of {call} is assigned to {err} and never looked at before {err} is overwritten or goes out of use. Check it right after the call.",
};

export const rule = defineRule({
  id: "unmarshal-error-unchecked",
  title: "Error of a decoder is not checked",
  severity: "warning",
  since: "0.1.0",
  messages,
  check(pass) {
    if (![...decoders.packages].some((path) => pass.imports(path))) return;
    for (const unit of pass.scope) checkUnit(pass, unit);
  },
});

function checkUnit(pass: RulePass<typeof messages>, unit: FunctionUnit): void {
  const report = (
    call: CallExpr,
    message: keyof typeof messages,
    { err = "", noteBecause }: { err?: string; noteBecause?: string | undefined } = {},
  ): void => {
    const data = { call: exprText(unit.file, call.fun), target: targetOf(unit, call), err };
    pass.report({
      file: unit.file,
      at: call,
      unit,
      message,
      data,
      ...(noteBecause === undefined ? {} : { noteBecause }),
    });
  };
  for (const block of unit.cfg.blocks) {
    if (!block.reachable) continue;
    for (const node of block.nodes) {
      const found = decodingOf(pass, node);
      if (found === null) continue;
      const tolerated = whyTolerated(pass, unit, found.call);
      if (tolerated !== null) {
        pass.spare?.(unit, found.call, tolerated);
        continue;
      }
      // Input from outside can be anything; what the program has stored or asked for is a matter of trust.
      if (found.err === null) report(found.call, "dropped", { noteBecause: whyTrusted(pass, unit, found.call) });
      // _ = json.Unmarshal(…) is somebody's decision: worth a note, not an alarm
      else if (found.err.name === "_") report(found.call, "blank", { noteBecause: "the blank says that it is meant" });
      else if (isNeverRead(unit, node, found.err)) report(found.call, "unread", { err: found.err.name });
      else pass.spare?.(unit, found.call, `something reads ${found.err.name}`);
    }
  }
}

/** Why its input is likely to be whole; undefined: it can be anything. */
function whyTrusted(pass: RulePass<typeof messages>, unit: FunctionUnit, call: CallExpr): string | undefined {
  if (!isFromOutside(pass, unit, call)) return "nothing shows that what it reads comes from outside";
  return listensOnLoopback(pass.units, pass.summaries) ? "the server listens to this host alone" : undefined;
}

/** It runs for every request or message, and reads a request or message. */
function isFromOutside(pass: RulePass<typeof messages>, unit: FunctionUnit, call: CallExpr): boolean {
  // The handler itself: what it calls may read something else.
  if (entryPoints(pass.units, pass.summaries).evidence(unit, call)?.length !== 1) return false;
  const { params = [] } = unit.signature ?? {};
  const given = new Set<unknown>(params.filter((p) => typeName(p.type) !== "net/http.ResponseWriter"));
  const names = new Set<unknown>();
  // data, err := io.ReadAll(r.Body); dec := json.NewDecoder(r.Body)
  walk(unit.body, (n) => {
    if (n.kind !== NodeKind.AssignStmt || n.rhs.length !== 1 || !mentions(n.rhs[0], given)) return;
    for (const e of n.lhs) if (e.kind === NodeKind.Ident && e.obj !== null) names.add(e.obj);
  });
  return (
    mentions(call.fun, given) ||
    mentions(call.fun, names) ||
    call.args.slice(0, 1).some((a) => mentions(a, given) || mentions(a, names))
  );
}

/** The decoding call that a statement is, and the name its error gets: null where the call is all of the statement. */
function decodingOf(pass: RulePass<typeof messages>, node: Node): { call: CallExpr; err: Ident | null } | null {
  // json.Unmarshal(data, &v)
  if (node.kind === NodeKind.ExprStmt) {
    const call = decoderCall(pass, node.x);
    return call === null ? null : { call, err: null };
  }
  // err := dec.Decode(&v)
  if (node.kind === NodeKind.AssignStmt && node.rhs.length === 1) {
    const call = decoderCall(pass, node.rhs[0]);
    const last = node.lhs.at(-1);
    return call === null || last?.kind !== NodeKind.Ident ? null : { call, err: last };
  }
  return null;
}

function decoderCall(pass: RulePass<typeof messages>, e: Expr): CallExpr | null {
  const call = unparen(e);
  if (call.kind !== NodeKind.CallExpr) return null;
  const { func } = calleeOf(call);
  return func !== null && decoders.functions.has(pass.summaries.nameOf(func)) ? call : null;
}

function whyTolerated(pass: RulePass<typeof messages>, unit: FunctionUnit, call: CallExpr): string | null {
  // json.Unmarshal([]byte(`{"a": 1}`), &v)
  if (call.args.length === 2 && isLiteralInput(call.args[0]))
    return "its input is written here, and either always decodes or never";
  // func (t *T) UnmarshalJSON(b []byte) error, called for its side effects
  const isTest = pass.pkg.source?.tests === true && unit.file.file.path.endsWith("_test.go");
  return isTest ? "it is in a test" : null;
}

function isLiteralInput(e: Expr): boolean {
  const x = unparen(e);
  return x.kind === NodeKind.CallExpr && x.args.length === 1 && unparen(x.args[0]).kind === NodeKind.BasicLit;
}

/**
 * On every path from the call the variable is overwritten or the function ends before anything reads it. Named results are
 * read by each return, and what a closure shares may be read there.
 */
function isNeverRead(unit: FunctionUnit, node: Node, err: Ident): boolean {
  const v = objOf(err);
  if (v?.kind !== ObjKind.Var || v.isPackageLevel || v.captured || isNamedResult(unit, v)) return false;
  const start = unit.cfg.place(node);
  if (start === undefined) return false;
  const seen = new Set<Block>();
  const work: { block: Block; from: number }[] = [{ block: start.block, from: start.index + 1 }];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    let overwritten = false;
    for (let i = at.from; i < at.block.nodes.length && !overwritten; i++) {
      const use = useOf(at.block.nodes[i], v);
      if (use === Use.Read) return false;
      overwritten = use === Use.Overwritten;
    }
    if (overwritten) continue;
    for (const { to } of at.block.succs) {
      if (seen.has(to)) continue;
      seen.add(to);
      work.push({ block: to, from: 0 });
    }
  }
  return true;
}

enum Use {
  None,
  Read,
  Overwritten,
}

function useOf(node: Node, v: Var): Use {
  // `_ = err` is how people say that they do not care
  if (node.kind === NodeKind.AssignStmt && node.lhs.every((e) => e.kind === NodeKind.Ident && e.name === "_")) {
    if (node.rhs.every((e) => unparen(e).kind === NodeKind.Ident)) return Use.None;
  }
  const assigned = new Set<Node>();
  if (node.kind === NodeKind.AssignStmt && (node.tok === Token.Assign || node.tok === Token.Define)) {
    for (const place of node.lhs) if (place.kind === NodeKind.Ident) assigned.add(place);
  }
  let use = Use.None;
  evaluated(node, (n) => {
    if (n.kind !== NodeKind.Ident || objOf(n) !== v) return;
    if (!assigned.has(n)) use = Use.Read;
    else if (use === Use.None) use = Use.Overwritten;
  });
  return use;
}

function isNamedResult(unit: FunctionUnit, v: Var): boolean {
  for (let u: FunctionUnit | null = unit; u !== null; u = u.outer)
    if (u.signature?.results.includes(v) === true) return true;
  return false;
}

/** What is decoded into: `cfg` for &cfg. */
function targetOf(unit: FunctionUnit, call: CallExpr): string {
  const last = call.args.at(-1);
  if (last === undefined) return "the value";
  const x = unparen(last);
  return exprText(unit.file, x.kind === NodeKind.UnaryExpr && x.op === Token.And ? x.x : x);
}

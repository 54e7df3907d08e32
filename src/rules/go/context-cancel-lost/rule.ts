/**
 * A cancel function that some path does not call. Until it is called, or its deadline passes, or the parent ends, the
 * derived context stays in its parent's list of children, with its timer and whatever its values hold.
 */
import { commentAbove } from "../../comment.ts";
import { everyExit, ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";
import { variable } from "../../../go/flow/facts.ts";
import { Effect } from "../../../go/flow/resource.ts";
import { LeakKind } from "../../../go/flow/track.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import type { FoundLeak } from "../../../go/summary/leaks.ts";
import { isNamed } from "../../../go/summary/contexts.ts";
import { Short, untilDeadline } from "../../../go/summary/durations.ts";
import { type Expr, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { deref } from "../../../go/types/lookup.ts";
import { typeOf } from "../../../go/types/record.ts";
import type { Var } from "../../../go/types/object.ts";
import { isIdle } from "./idle.ts";

export const rule = defineRule({
  id: "context-cancel-lost",
  title: "Cancel function of a context is not called on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    reportLeaks(
      pass,
      "context-cancel-lost",
      {
        released: "called",
        held: "uncalled",
        remedy: "Call it when the work is done, most simply with `defer cancel()`",
        defer: "defer {x}()",
      },
      (leak) => isIdle(leak, pass.summaries) || isOverSoon(leak) || isHeldByBody(leak),
      whySpared,
    );
  },
});

function whySpared({ unit, site, leak, effect }: FoundLeak): string | null {
  // ctx, _ := context.WithTimeout(…), under a comment that says why
  if (leak.kind === LeakKind.Dropped)
    return /\bcancel/i.test(commentAbove(unit.file, site.call)) ? "a comment says why" : null;
  const cancel = site.origin?.root ?? null;
  return cancel !== null && (effect & ~Effect.Held) === 0 && isLaidAside(unit, cancel)
    ? "it is laid aside by name"
    : null;
}

/** Its deadline ends it in a moment: until then it is a timer and an entry in the parent's list. */
function isOverSoon({ unit, site }: FoundLeak): boolean {
  const wait = untilDeadline(unit, site.call);
  return wait !== null && wait <= Short;
}

/**
 * What is returned on the way out is a response, or made of its body, which can be read only as long as the context lives:
 *
 *     return &Answer{Status: resp.StatusCode, Body: resp.Body}, nil
 */
function isHeldByBody({ unit, leak }: FoundLeak): boolean {
  if (leak.kind !== LeakKind.Exit) return false;
  return everyExit(leak).every(
    ({ at }) => at?.kind === NodeKind.ReturnStmt && at.results.some((e) => isOfResponse(e, unit, true)),
  );
}

function isOfResponse(e: Expr, unit: FunctionUnit, isFirst: boolean): boolean {
  let is = false;
  walk(e, (n) => {
    // resp.StatusCode, resp.Header: read and done with
    if (n.kind === NodeKind.SelectorExpr && isResponse(n.x)) is ||= n.sel.name === "Body";
    else if (n.kind === NodeKind.Ident) {
      const v = variable(n);
      is ||= isResponse(n) || (isFirst && v !== null && isMadeOfResponse(v, unit));
      return !is;
    } else return !is && n.kind !== NodeKind.CallExpr && n.kind !== NodeKind.FuncLit;
    return false;
  });
  return is;
}

function isMadeOfResponse(v: Var, unit: FunctionUnit): boolean {
  return unit
    .nodes(NodeKind.AssignStmt)
    .some(
      ({ lhs, rhs }) =>
        lhs.length === rhs.length && lhs.some((place, i) => variable(place) === v && isOfResponse(rhs[i], unit, false)),
    );
}

function isResponse(e: Expr): boolean {
  return isNamed(deref(typeOf(e))[0], "net/http", "Response");
}

/** `_ = cancel`: somebody has thought of it. */
function isLaidAside(unit: FunctionUnit, cancel: Var): boolean {
  return unit
    .nodes(NodeKind.AssignStmt)
    .some(
      ({ lhs: [place], rhs: [value] }) =>
        place.kind === NodeKind.Ident && place.name === "_" && value !== undefined && variable(value) === cancel,
    );
}

/**
 * A response body that is closed and never read: the connection cannot be used again, and the next request dials a new one.
 */
import { variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { isLocal } from "../../../go/summary/contexts.ts";
import type { Site } from "../../../go/summary/site.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { constOf } from "../../../go/types/record.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "http-body-undrained",
  title: "Response body is closed without being read",
  severity: "note",
  since: "0.1.0",
  messages: {
    unread:
      "The body of {resp} is closed and never read, so its connection is closed with it and the next request dials again. Read it to a limit first: `io.Copy(io.Discard, io.LimitReader({resp}.Body, 64<<10))`.",
  },
  check(pass) {
    if (!pass.imports("net/http")) return;
    for (const unit of pass.scope) {
      // Tests and their helpers are done before it matters.
      if (unit.file.file.imports.some((i) => i.path.value === '"testing"')) continue;
      for (const site of pass.summaries.sites(unit)) {
        const root = site.origin?.root ?? null;
        if (site.acquired.kind.id !== "http-body" || root === null || !isLocal(unit, root) || isBodyless(site))
          continue;
        if (!isOnlyClosed(unit, site)) continue;
        pass.report({ file: unit.file, at: site.call, unit, message: "unread", data: { resp: root.name } });
      }
    }
  },
});

/** Answers to HEAD have no body; http.NewRequest("HEAD", …) is not followed. */
function isBodyless(site: Site): boolean {
  return calleeOf(site.call).name === "Head" || site.call.args.some((a) => constOf(a) === "HEAD");
}

/** resp is used by its fields and methods alone, and Body only to be closed. */
function isOnlyClosed(unit: FunctionUnit, site: Site): boolean {
  const root = site.origin?.root ?? null;
  if (root === null) return false;
  const plain = new Set<Node>();
  let closed = false;
  let other = false;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.SelectorExpr) {
      const x = unparen(n.x);
      if (x.kind === NodeKind.SelectorExpr && x.sel.name === "Body" && variable(x.x) === root) {
        plain.add(x);
        if (n.sel.name === "Close") closed = true;
        else other = true;
      }
      if (variable(x) === root) {
        plain.add(x);
        if (n.sel.name === "Body" && !plain.has(n)) other = true;
        // Write and the like read the body; ContentLength and Header do not.
        if (/^(?:Write|Trailer|Request)$/.test(n.sel.name)) other = true;
      }
    } else if (n.kind === NodeKind.AssignStmt) for (const e of n.lhs) plain.add(unparen(e));
    else if (n.kind === NodeKind.BinaryExpr) for (const e of [n.x, n.y]) plain.add(unparen(e));
    else if (n.kind === NodeKind.Ident && n.obj === root && n.pos !== root.pos && !plain.has(n)) other = true;
    return !other;
  });
  return closed && !other;
}

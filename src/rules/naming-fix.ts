/**
 * The repair of what is dropped where it is acquired, and nobody has: it is given a name, and released.
 *
 *     _, err := client.Do(req)                resp, err := client.Do(req)
 *     if err != nil {                         if err != nil {
 *         return err                              return err
 *     }                                       }
 *                                             defer resp.Body.Close()
 *
 * Where the check goes on, it is released in an else; where the error is returned at once, before that, `if err == nil`.
 *
 * Whether it holds is tried afterwards (check/verify-fixes.ts).
 */
import { variable } from "../go/flow/facts.ts";
import { LeakKind } from "../go/flow/leak.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import { NodeKind, type Stmt } from "../go/syntax/ast.ts";
import { Token } from "../go/syntax/token.ts";
import { walk } from "../go/syntax/walk.ts";
import { unparen } from "../go/types/callee.ts";
import type { Var } from "../go/types/object.ts";
import { insideLoop, isErrorCheck, leaves, listAround } from "./fix-place.ts";
import type { FixDraft } from "./ownership-fix.ts";
import { releaseStyle } from "./release-style.ts";
import { endOfStatementLine, indentation } from "./source-lines.ts";

/** What such things are called. Of others somebody may have a use while the function runs: a port that is taken, a context. */
const names: ReadonlyMap<string, readonly string[]> = new Map([
  ["http-body", ["resp", "res", "response"]],
  ["sql-rows", ["rows"]],
  ["file", ["f", "file"]],
  ["library-file", ["f", "file"]],
]);

/** `defer`: the statement that releases, with `{x}` for the variable; null where deferring is not always right. */
export function namingFix({ unit, site, leak }: FoundLeak, defer: string | null): FixDraft | null {
  const { node, call, acquired } = site;
  if (defer === null) return null;
  if (leak.kind !== LeakKind.Dropped || node.kind !== NodeKind.AssignStmt || node.lhs.length !== 2) return null;
  const [place, last] = [node.lhs[acquired.result], node.lhs[1]];
  const error = variable(last);
  if (acquired.result !== 0 || place.kind !== NodeKind.Ident || error === null || unparen(node.rhs[0]) !== call)
    return null;
  const list = listAround(unit.body, node);
  if (list === null || insideLoop(unit.body, node.pos)) return null;
  const i = list.indexOf(node);
  const next = list.at(i + 1);
  if (next === undefined) return null;
  const check = isErrorCheck(next, error) ? next : null;
  if (check === null && !(next.kind === NodeKind.ReturnStmt && next.results.some((e) => variable(e) === error)))
    return null;
  // = becomes :=, which takes an error that was declared in the same block, and makes another where it was not.
  if (node.tok !== Token.Define && !isDeclaredIn(list.slice(0, i), list === unit.body.list, unit, error)) return null;
  const name = names.get(acquired.kind.id)?.find((n) => !isNamed(unit, n));
  const { file } = unit;
  const end = endOfStatementLine(file.file.src, (check ?? node).end);
  if (name === undefined || end === null) return null;
  const release = defer.replace(/^defer /, "").replaceAll("{x}", name);
  const style = releaseStyle(file, "Close");
  const indent = indentation(file.file.src, node.pos);
  const block = (head: string): string => `${head} {\n${indent}\t${style.statement(release)}\n${indent}}`;
  const [statement, at, text] =
    check === null
      ? [style.statement(release), end, `\n${indent}${block(`if ${error.name} == nil`)}`]
      : leaves(check.body)
        ? [style.deferred(release), end, `\n${indent}${style.deferred(release)}`]
        : [style.statement(release), check.end, ` ${block("else")}`];
  return {
    title: `Call it \`${name}\`, and add \`${statement}\``,
    edits: [
      { file, start: place.pos, end: place.end, text: name },
      ...(node.tok === Token.Define ? [] : [{ file, start: node.tokPos, end: node.tokPos + 1, text: ":=" }]),
      { file, start: at, end: at, text },
    ],
    imports: [],
  };
}

/** "Originally declared earlier in the same block (or the parameter lists if the block is the function body)": https://go.dev/ref/spec#Short_variable_declarations */
function isDeclaredIn(ahead: readonly Stmt[], isBody: boolean, { signature }: FunctionUnit, v: Var): boolean {
  if (isBody && [...(signature?.params ?? []), ...(signature?.results ?? [])].includes(v)) return true;
  return ahead.some((s) =>
    s.kind === NodeKind.AssignStmt
      ? s.tok === Token.Define && s.lhs.some((e) => e.pos === v.pos)
      : s.kind === NodeKind.DeclStmt && s.pos <= v.pos && v.pos < s.end,
  );
}

/** Something in the function is called so, or of what is around it. */
function isNamed({ outermost }: FunctionUnit, name: string): boolean {
  let named = false;
  walk(outermost.node, (n) => {
    named ||= n.kind === NodeKind.Ident && n.name === name;
    return !named;
  });
  return named;
}

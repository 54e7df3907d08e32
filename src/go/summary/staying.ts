/**
 * What may keep its process: servers, loops without end, whoever waits for messages or to be told to stop. A program in which nothing does is over
 * when it has done its work.
 *
 *     func Serve(l net.Listener) {          func Wait(ctx context.Context) {       func Run(steps []Step) error {
 *         for {                                 <-ctx.Done()                           for _, s := range steps {
 *             c, err := l.Accept()          }                                              if err := s.Do(); err != nil {
 *             …                                                                                …
 *         }                         stays                              stays           }                              ends
 *     }
 */
import type { CallExpr, FuncLit } from "../syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { calleeOf, CalleeKind, unparen } from "../types/callee.ts";
import type { Package } from "../types/package.ts";
import { funcName } from "../types/print.ts";
import { typeOf } from "../types/record.ts";
import { TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { defineQuestion } from "./question.ts";
import type { Summaries } from "./summaries.ts";

/** How many calls deep a function of another package is looked into. */
const MaxDepth = 4;

/** Something in a package may keep its process. `units`: all of it. */
export function staysAny(units: readonly FunctionUnit[], summaries: Summaries): boolean {
  return units.some(
    (u) => waits(u) || u.nodes(NodeKind.CallExpr).some((call) => callStays(call, u.file.pkg, summaries, 0)),
  );
}

/** What does not come back for as long as somebody wants. */
function callStays(call: CallExpr, pkg: Package, summaries: Summaries, depth: number): boolean {
  const { func, name, kind, builtin } = calleeOf(call);
  if (builtin !== null || !staying.test(name)) return false;
  if (func === null) return true;
  if (ends.has(funcName(func.origin))) return false;
  if (func.pkg?.source?.standard === true) return servers.has(func.pkg.path);
  if (kind !== CalleeKind.Static) return !passing.test(name) && !(func.pkg === pkg && hasMethod(pkg, name));
  // Of its own package, each function is looked at for itself.
  if (depth === 0 && func.pkg === pkg) return false;
  return depth >= MaxDepth || summaries.says(stays, func.origin, depth);
}

/** By what it does, since a name says little: `util.StartSpan`, `config.WatchList`, `common.ExecuteConfigCommand`. */
const stays = defineQuestion({
  id: "stays",
  meanwhile: true,
  answer(f, [depth]: readonly [depth: number], summaries) {
    const unit = summaries.unitOf(f);
    return unit === null || bodyStays(unit, summaries, depth);
  },
});

function bodyStays(unit: FunctionUnit, summaries: Summaries, depth: number): boolean {
  // What it starts goes on behind it.
  if (unit.nodes(NodeKind.GoStmt).length > 0 || waits(unit)) return true;
  if (unit.nodes(NodeKind.CallExpr).some((call) => callStays(call, unit.file.pkg, summaries, depth + 1))) return true;
  return literalsIn(unit).some((lit) => {
    const inner = summaries.literalUnit(lit, unit);
    return inner === null || bodyStays(inner, summaries, depth);
  });
}

/** A type of the package has a method of that name. */
function hasMethod(pkg: Package, name: string): boolean {
  return pkg.files.some(({ file }) =>
    file.decls.some((d) => d.kind === NodeKind.FuncDecl && d.recv !== null && d.name.name === name),
  );
}

/** The literals that stand in a function, those in literals excepted. */
function literalsIn({ body }: FunctionUnit): FuncLit[] {
  const found: FuncLit[] = [];
  walk(body, (n) => {
    if (n.kind !== NodeKind.FuncLit) return true;
    found.push(n);
    return false;
  });
  return found;
}

/** The body itself waits for others, without end. */
function waits(unit: FunctionUnit): boolean {
  if (unit.nodes(NodeKind.ForStmt).some((loop) => loop.cond === null && !leavesByItself(loop.body))) return true;
  const comes = (x: Expr): boolean => under(typeOf(x)).kind === TypeKind.Chan && !isClosedHere(unit, x);
  if (unit.nodes(NodeKind.RangeStmt).some((loop) => comes(loop.x))) return true;
  return unit.body.list.some((n) => {
    if (n.kind === NodeKind.SelectStmt && n.body.list.length === 0) return true;
    const from = received(n);
    // func main() { …; <-stop }
    return from !== null && (unit.func?.name === "main" || isDone(from));
  });
}

/** What is called so may run for as long as somebody wants. */
const staying =
  /^(?:Listen|Serve|Accept|Run|Start|Wait|Watch|Consume|Subscribe|Notify|Loop|Execute|Main|Poll|Launch|Daemon|Handle|(?:Read|Fetch|Receive)Messages?|Register\w*Server)(?=$|[A-Z])/;

/** Methods of interfaces that are most often called so for one piece of work: `engine.Handle(ctx, request)`. */
const passing = /^(?:Execute|Handle|Notify)(?=$|[A-Z])/;

/** Of the standard library, the packages by which a program waits for others: to connect, to tell it to stop. */
const servers: ReadonlySet<string> = new Set([
  "crypto/tls",
  "net",
  "net/http",
  "net/http/fcgi",
  "net/rpc",
  "os/signal",
]);

/** What is called so and ends by itself: goroutines of the program's own, and commands, which stay or do not. */
const ends: ReadonlySet<string> = new Set([
  "os/signal.NotifyContext", // whoever waits for it to end is looked for
  "(*golang.org/x/sync/errgroup.Group).Wait",
  ...["Execute", "ExecuteC", "ExecuteContext", "ExecuteContextC"].map((m) => `(*github.com/spf13/cobra.Command).${m}`),
  ...["", "/v2"].flatMap((v) => ["Run", "RunContext"].map((m) => `(*github.com/urfave/cli${v}.App).${m}`)),
  "(*github.com/urfave/cli/v3.Command).Run",
]);

/** What is sent here is over when the function says so: `work := make(chan job)`, `for j := range work`, `close(work)`. */
function isClosedHere(unit: FunctionUnit, channel: Expr): boolean {
  const v = variable(channel);
  if (v === null || v.isPackageLevel || v.isField) return false;
  let closed = false;
  walk(unit.outermost.body, (n) => {
    closed ||= n.kind === NodeKind.CallExpr && calleeOf(n).builtin?.name === "close" && variable(n.args[0]) === v;
    return !closed;
  });
  return closed;
}

/** What a statement that does nothing else receives from: `<-stop`. */
function received(n: Node): Expr | null {
  const e = n.kind === NodeKind.ExprStmt ? unparen(n.x) : null;
  return e?.kind === NodeKind.UnaryExpr && e.op === Token.Arrow ? unparen(e.x) : null;
}

/** `ctx.Done()`: whoever waits for that works until somebody wants no more. */
function isDone(e: Expr | null): boolean {
  return e?.kind === NodeKind.CallExpr && e.args.length === 0 && calleeOf(e).name === "Done";
}

/** A loop without condition has a way out, and does not wait for anybody. */
export function leavesByItself(body: Node): boolean {
  let leaves = false;
  let waits = false;
  walk(body, (n) => {
    if (n.kind === NodeKind.FuncLit) return false;
    if (n.kind === NodeKind.ReturnStmt || (n.kind === NodeKind.BranchStmt && n.tok === Token.Break)) leaves = true;
    if (n.kind === NodeKind.SelectStmt || (n.kind === NodeKind.UnaryExpr && n.op === Token.Arrow)) waits = true;
    return !waits;
  });
  return leaves && !waits;
}

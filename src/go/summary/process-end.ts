/**
 * What the process does not outlive: an error for which every caller ends it.
 *
 *     func main() {                       func setup() error {
 *         if err := setup(); err != nil {     l, err := net.Listen(…)
 *             log.Fatal(err)                  if err := check(); err != nil {
 *         }                                       return err      ← the listener lives a moment longer
 *     }                                       }
 */
import { type Block, type Edge, EdgeKind, evaluated } from "../cfg/blocks.ts";
import { isNotNilError } from "../flow/failure.ts";
import { Fact, testOf, variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { passesErrorOn } from "../knowledge/entry-points.ts";
import type { CallExpr, FuncLit } from "../syntax/ast-expr.ts";
import type { ReturnStmt } from "../syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { identical } from "../types/identical.ts";
import { Mode } from "../types/record.ts";
import type { Func, Var } from "../types/object.ts";
import { errorType } from "../types/universe.ts";
import { oneShots, type OneShots } from "./one-shot.ts";
import type { Summaries } from "./summaries.ts";

/** Callers of callers, and helpers that end the process, are looked at so far and no further. */
const MaxDepth = 4;

/**
 * Behind this return statement the process ends, because of the error that is returned. `decisions`: those of the path to it, which tell
 * that there is one.
 */
export function endsProcess(
  units: readonly FunctionUnit[],
  summaries: Summaries,
  unit: FunctionUnit,
  at: ReturnStmt,
  decisions: readonly Edge[],
): boolean {
  const error = at.results.at(-1);
  if (error === undefined || !isNotNilError(error, decisions)) return false;
  return new Ends(oneShots(units, summaries), summaries).afterReturn(unit, at, 0);
}

/**
 * The function, or one around it, is part of a program and ends the process when something fails: `if err != nil { log.Fatal(err) }`,
 * `check(err)`. Such code belongs to a command, or to a start. (In a library it is bad manners, and tells nothing.)
 */
export function endsProcessItself(
  units: readonly FunctionUnit[],
  summaries: Summaries,
  { outermost, file }: FunctionUnit,
): boolean {
  // https://go.dev/doc/modules/layout#server-project: programs are kept in cmd
  if (file.pkg.name !== "main" && !/(?:^|\/)cmd\//.test(file.pkg.path)) return false;
  const ends = new Ends(oneShots(units, summaries), summaries);
  return units.some((u) => u.outermost === outermost && ends.diesOfErrors(u));
}

class Ends {
  constructor(
    private readonly once: OneShots,
    private readonly summaries: Summaries,
  ) {}

  /** The statement returns an error, and every call of the function is in this package and ends the process for it. */
  afterReturn(unit: FunctionUnit, at: ReturnStmt, depth: number): boolean {
    if (isMain(unit)) return true;
    if (depth > MaxDepth || !returnsError(unit, at)) return false;
    if (this.once.isCommand(unit)) return true;
    if (unit.node.kind === NodeKind.FuncLit)
      return unit.outer !== null && this.afterLiteral(unit.outer, unit.node, depth);
    const f = unit.func;
    if (f === null || this.once.isInterfaceMethod(f)) return false;
    const calls = this.once.callsOf(f);
    return calls?.every((c) => this.afterCall(c.unit, c.at, depth + 1)) ?? false;
  }

  /** Some error of a call, where it is not nil, ends the process. */
  diesOfErrors(unit: FunctionUnit): boolean {
    if (unit.nodes(NodeKind.CallExpr).length === 0) return false;
    for (const block of unit.cfg.blocks) {
      if (!block.reachable) continue;
      for (let i = 0; i < block.nodes.length; i++) {
        const node = block.nodes[i];
        if (node.kind !== NodeKind.AssignStmt || node.rhs.length !== 1 || node.rhs[0].kind !== NodeKind.CallExpr)
          continue;
        const error = variable(node.lhs[node.lhs.length - 1]);
        if (
          error?.type != null &&
          identical(error.type, errorType) &&
          this.surely(unit, block, i + 1, error, MaxDepth, false)
        )
          return true;
      }
    }
    return false;
  }

  /** What runs the literal stops at its error and passes it on, and the process ends for that: `filepath.Walk(dir, func(…) error { … })`. */
  private afterLiteral(outer: FunctionUnit, lit: FuncLit, depth: number): boolean {
    const call = outer
      .nodes(NodeKind.CallExpr)
      .find((c) => unparen(c.fun) === lit || c.args.some((a) => unparen(a) === lit));
    if (call === undefined) return false;
    const { func } = calleeOf(call);
    if (unparen(call.fun) !== lit && (func === null || !passesErrorOn.has(this.summaries.nameOf(func.origin))))
      return false;
    return this.afterCall(outer, call, depth + 1);
  }

  /** Where the call at `at` fails, the process ends. */
  private afterCall(unit: FunctionUnit, at: Node, depth: number): boolean {
    for (const block of unit.cfg.blocks) {
      if (!block.reachable) continue;
      for (let i = 0; i < block.nodes.length; i++) {
        const node = block.nodes[i];
        if (node.pos > at.pos || node.end < at.end || !contains(node, at)) continue;
        if (node.kind === NodeKind.ReturnStmt) return this.afterReturn(unit, node, depth);
        // check(setup())
        if (node.kind === NodeKind.ExprStmt && node.x.kind === NodeKind.CallExpr)
          return this.diesWith(
            node.x,
            node.x.args.findIndex((arg) => unparen(arg) === at),
            depth,
          );
        if (node.kind !== NodeKind.AssignStmt || node.rhs.length !== 1 || node.rhs[0] !== at) return false;
        const error = variable(node.lhs[node.lhs.length - 1]);
        return error !== null && this.surely(unit, block, i + 1, error, depth);
      }
    }
    return false;
  }

  /** With `error` not nil from there on, every path ends the process. */
  private surely(unit: FunctionUnit, from: Block, index: number, error: Var, depth: number, panics = true): boolean {
    const seen = new Set<Block>();
    const queue: { block: Block; index: number }[] = [{ block: from, index }];
    let ends = false;
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { block } = next;
      let over = false;
      for (const node of block.nodes.slice(next.index)) {
        if (node.kind === NodeKind.ReturnStmt) {
          if (!this.endsWith(unit) && (!mentions(node, error) || !this.afterReturn(unit, node, depth + 1)))
            return false;
          over = ends = true;
          break;
        }
        if (assigns(node, error)) return false;
        if (this.dies(node, error, depth)) {
          over = ends = true;
          break;
        }
      }
      if (over) continue;
      for (const edge of block.succs) {
        if (edge.kind === EdgeKind.Stop || edge.kind === EdgeKind.Panic) {
          if (edge.kind === EdgeKind.Panic && !panics) return false;
          ends = true;
          continue;
        }
        if (edge.cond !== null && (edge.kind === EdgeKind.True || edge.kind === EdgeKind.False)) {
          const test = testOf(edge.cond);
          const fact = edge.kind === EdgeKind.True ? test?.whenTrue : test?.whenFalse;
          if (test?.subject === error && fact === Fact.Nil) continue;
        }
        if (edge.to === unit.cfg.exit) {
          if (!this.endsWith(unit)) return false;
          ends = true;
          continue;
        }
        if (edge.to === from) return false; // the loop goes on, and calls again
        if (seen.has(edge.to)) continue;
        seen.add(edge.to);
        queue.push({ block: edge.to, index: 0 });
      }
    }
    return ends;
  }

  /** The process ends when the function returns: main, and what a command runs. */
  private endsWith(unit: FunctionUnit): boolean {
    return isMain(unit) || this.once.isCommand(unit);
  }

  /** `check(err)`, which does not return for an error. */
  private dies(node: Node, error: Var, depth: number): boolean {
    if (node.kind !== NodeKind.ExprStmt || node.x.kind !== NodeKind.CallExpr) return false;
    return this.diesWith(
      node.x,
      node.x.args.findIndex((arg) => variable(arg) === error),
      depth,
    );
  }

  /** The call does not return where its argument, an error, is not nil. */
  private diesWith(call: CallExpr, index: number, depth: number): boolean {
    const { func, kind } = calleeOf(call);
    if (depth > MaxDepth || func === null || kind !== CalleeKind.Static || index < 0) return false;
    const param = func.origin.signature().params[index] as Var | undefined;
    const unit =
      param === undefined || !identical(param.type ?? errorType, errorType) ? null : this.unitOf(func.origin);
    return unit !== null && param !== undefined && this.surely(unit, unit.cfg.entry, 0, param, MaxDepth);
  }

  private unitOf(f: Func): FunctionUnit | null {
    return f.pkg?.source?.standard === true ? null : this.summaries.unitOf(f);
  }
}

function isMain({ func }: FunctionUnit): boolean {
  return func !== null && func.name === "main" && func.pkg?.name === "main" && func.decl?.recv === null;
}

function returnsError(unit: FunctionUnit, at: ReturnStmt): boolean {
  const last = unit.signature?.results.at(-1)?.type ?? null;
  if (last === null || !identical(last, errorType)) return false;
  const given = at.results.at(-1);
  return given === undefined || given.mode !== Mode.Nil;
}

function contains(node: Node, call: Node): boolean {
  let found = false;
  evaluated(node, (n) => {
    found ||= n === call;
    return !found;
  });
  return found;
}

function mentions(node: Node, v: Var): boolean {
  let found = false;
  evaluated(node, (n) => {
    found ||= n.kind === NodeKind.Ident && variable(n) === v;
    return !found;
  });
  return found;
}

function assigns(node: Node, v: Var): boolean {
  return node.kind === NodeKind.AssignStmt && node.lhs.some((e) => variable(e) === v);
}

/**
 * The control-flow graph of a function.
 *
 *     func f(url string) error {               b0 entry
 *         resp, err := http.Get(url)               resp, err := http.Get(url)
 *         if err != nil {                          err != nil
 *             return err                           → b5 if true: err != nil
 *         }                                        → b4 if false: err != nil
 *         return resp.Body.Close()             b1 exit
 *     }                                        b4 if.done
 *                                                  return resp.Body.Close()
 *                                                  → b1 return
 *                                              b5 if.then
 *                                                  return err
 *                                                  → b1 return
 *
 * Blocks hold statements and condition expressions in the order they are evaluated. Compound statements never stand in
 * a block with their bodies: a RangeStmt there is the assignment of key and value, a SelectStmt the wait. `evaluated`
 * walks just what a node evaluates.
 *
 * A function ends in one of three blocks, which hold nothing: `exit` (it returned), `panic` (a call of panic; deferred
 * calls run, and if one of them recovers an edge leads on to `exit`) and `stop` (os.Exit and the like, a select without
 * clauses, a branch to a label that does not exist: nothing more happens here). Deferred calls are nodes where they are
 * deferred, and `defers` lists them all; they run at `exit` and `panic`, last one first, those that the path has passed.
 *
 * Not modelled:
 * - Panics that are not calls of panic: nil dereferences, indices, failed assertions, callees that may panic.
 * - && and || outside conditions: `ok := a && b()` is one node. (In if, for and tagless switches they are branches.)
 * - Calls that never return other than as a statement of their own.
 * - The order of evaluation within one node; that of select's channel operands, which happens before the wait.
 * - Function literals: each has a graph of its own; here it is a value. The body of a range over a function is a loop
 *   like any other, though an iterator may misuse it.
 * - Goroutines, and runtime.Goexit running deferred calls.
 */
import type { ReturnStmt } from "../syntax/ast-stmt.ts";
import { NodeKind } from "../syntax/ast.ts";
import type { FuncDecl } from "../syntax/ast-decl.ts";
import type { FuncLit } from "../syntax/ast-expr.ts";
import type { DeferStmt } from "../syntax/ast-stmt.ts";
import type { Expr, Node } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import type { Visit } from "../syntax/walk.ts";

export enum EdgeKind {
  /** Unconditional. */
  Next,
  /** `cond` was true, or false. It is the smallest condition: && || ! and parentheses are taken apart. */
  True,
  False,
  /** Expression switch: the tag `subject` equalled `cond`, or did not. */
  Case,
  NotCase,
  /** Type switch: the operand had the type `cond` (`nil` included), or had not; `subject` is the switch's guard. */
  TypeCase,
  NotTypeCase,
  /** Range loop `subject`: there was an element, or there was none. */
  Element,
  Done,
  /** The communication clause `subject` of a select was chosen. */
  Comm,
  /** To `exit`, by a return statement or by falling off the end. */
  Return,
  /** To `panic`. */
  Panic,
  /** To `stop`. */
  Stop,
  /** From `panic` to `exit`: a deferred call recovers. */
  Recover,
}

export class Edge {
  constructor(
    readonly from: Block,
    readonly to: Block,
    readonly kind: EdgeKind,
    readonly cond: Expr | null,
    readonly subject: Node | null,
  ) {}
}

export class Block {
  readonly nodes: Node[] = [];
  readonly succs: Edge[] = [];
  readonly preds: Edge[] = [];
  /** A path leads here from the entry. Code after a return is kept, in blocks that are not reachable. */
  reachable = false;
  constructor(
    /** Its index in `Cfg.blocks`. */
    readonly id: number,
    /** What made it, for readers: "entry", "if.then", "for.body", "label L", … */
    readonly name: string,
  ) {}
}

export class Cfg {
  private places: Map<Node, Place> | null = null;

  constructor(
    readonly fn: FuncDecl | FuncLit,
    readonly blocks: readonly Block[],
    readonly entry: Block,
    readonly exit: Block,
    readonly panic: Block,
    readonly stop: Block,
    /** Every defer statement, in source order. */
    readonly defers: readonly DeferStmt[],
  ) {}

  /** Where a node that stands in a block stands; undefined for nodes inside such nodes. */
  place(node: Node): Place | undefined {
    if (this.places === null) {
      this.places = new Map();
      for (const block of this.blocks) {
        for (let index = 0; index < block.nodes.length; index++) {
          this.places.set(block.nodes[index], { block, index });
        }
      }
    }
    return this.places.get(node);
  }

  /** The return statements that a path leads to; the end of the function is none. */
  get returns(): ReturnStmt[] {
    return this.blocks.flatMap((b) => (b.reachable ? b.nodes.filter((n) => n.kind === NodeKind.ReturnStmt) : []));
  }
}

export interface Place {
  readonly block: Block;
  /** Index in `block.nodes`. */
  readonly index: number;
}

/**
 * Walks what the node of a block evaluates, the node itself first, in source order: of a range its key and value, of a
 * select nothing more, of a function literal not its body.
 */
export function evaluated(node: Node, visit: Visit): void {
  if (node.kind === NodeKind.RangeStmt) {
    if (visit(node) === false) {
      return;
    }
    if (node.key !== null) {
      evaluated(node.key, visit);
    }
    if (node.value !== null) {
      evaluated(node.value, visit);
    }
    return;
  }
  walk(node, (n) => {
    const below = visit(n) !== false;
    return below && n.kind !== NodeKind.FuncLit && n.kind !== NodeKind.SelectStmt;
  });
}

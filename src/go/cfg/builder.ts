/**
 * Builds the control-flow graph of a function, statement by statement.
 *
 * `block` is where the next node goes; a statement that does not go on leaves a fresh block without predecessors, so
 * that unreachable code has a place. Recursion follows the nesting of statements, which the parser bounds; `else if`
 * chains and chains of && and || are loops.
 */
import { NodeKind } from "../syntax/ast.ts";
import type { FuncDecl } from "../syntax/ast-decl.ts";
import type { CallExpr, FuncLit } from "../syntax/ast-expr.ts";
import type {
  BlockStmt,
  BranchStmt,
  CaseClause,
  DeferStmt,
  ForStmt,
  IfStmt,
  LabeledStmt,
  RangeStmt,
  SelectStmt,
  SwitchStmt,
  TypeSwitchStmt,
} from "../syntax/ast-stmt.ts";
import type { Expr, Node, Stmt } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { Block, Cfg, Edge, EdgeKind } from "./blocks.ts";

/** What the graph depends on and syntax cannot tell. */
export interface CfgHooks {
  /** True for calls that never return: os.Exit, log.Fatal, functions that always end so. */
  readonly neverReturns?: (call: CallExpr) => boolean;
  /** True for calls that panic, so that deferred calls run. By default those of an identifier `panic`. */
  readonly panics?: (call: CallExpr) => boolean;
  /** True where the deferred call recovers. By default function literals that call `recover`. */
  readonly recovers?: (defer: DeferStmt) => boolean;
  /** The value of a constant condition, null for others: the branch not taken is then unreachable. */
  readonly constant?: (cond: Expr) => boolean | null;
}

/** Builds the graph of `fn`. A declaration without a body has a graph from entry to exit. */
export function buildCfg(fn: FuncDecl | FuncLit, hooks: CfgHooks = {}): Cfg {
  return new Builder(hooks).build(fn);
}

/** A statement that `break` or `continue` may leave. */
interface Target {
  readonly label: string | null;
  readonly breakTo: Block;
  /** Null for switch and select. */
  readonly continueTo: Block | null;
}

class Builder {
  private readonly blocks: Block[] = [];
  private readonly defers: DeferStmt[] = [];
  private readonly targets: Target[] = [];
  private readonly labels = new Map<string, Block>();
  private readonly entry = this.newBlock("entry");
  private readonly exit = this.newBlock("exit");
  private readonly panic = this.newBlock("panic");
  private stop = new Block(0, "stop");
  private block = this.entry;
  /** Where `fallthrough` leads: the next clause of the switch at hand. */
  private nextClause: Block | null = null;

  constructor(private readonly hooks: CfgHooks) {}

  build(fn: FuncDecl | FuncLit): Cfg {
    this.stop = this.newBlock("stop");
    if (fn.body !== null) {
      this.declareLabels(fn.body);
      this.list(fn.body.list);
    }
    this.edge(this.block, this.exit, EdgeKind.Return);
    const recovers = this.hooks.recovers ?? callsRecover;
    if (this.defers.some(recovers)) {
      this.edge(this.panic, this.exit, EdgeKind.Recover);
    }
    markReachable(this.entry);
    return new Cfg(fn, this.blocks, this.entry, this.exit, this.panic, this.stop, this.defers);
  }

  private newBlock(name: string): Block {
    const block = new Block(this.blocks.length, name);
    this.blocks.push(block);
    return block;
  }

  private edge(
    from: Block,
    to: Block,
    kind = EdgeKind.Next,
    cond: Expr | null = null,
    subject: Node | null = null,
  ): void {
    const edge = new Edge(from, to, kind, cond, subject);
    from.succs.push(edge);
    to.preds.push(edge);
  }

  private add(node: Node): void {
    this.block.nodes.push(node);
  }

  /** Ends the block at hand with an edge; what follows is reached some other way or not at all. */
  private leave(to: Block, kind = EdgeKind.Next): void {
    this.edge(this.block, to, kind);
    this.block = this.newBlock("unreachable");
  }

  /** Labels may be jumped to before they are met. Those inside function literals belong to these. */
  private declareLabels(body: BlockStmt): void {
    walk(body, (n) => {
      if (n.kind === NodeKind.LabeledStmt && !this.labels.has(n.label.name)) {
        this.labels.set(n.label.name, this.newBlock(`label ${n.label.name}`));
      }
      // Expressions hold no labels but in literals, which are left out.
      return n.kind >= NodeKind.BadStmt && n.kind <= NodeKind.TypeSwitchStmt;
    });
  }

  private list(stmts: readonly Stmt[]): void {
    for (let i = 0; i < stmts.length; i++) {
      this.stmt(stmts[i], null);
    }
  }

  /** `label` is the name that `break` and `continue` may call the statement by. */
  private stmt(s: Stmt, label: string | null): void {
    switch (s.kind) {
      case NodeKind.EmptyStmt:
        return;
      case NodeKind.ExprStmt:
        this.add(s);
        this.afterCall(s.x);
        return;
      case NodeKind.DeferStmt:
        this.defers.push(s);
        this.add(s);
        return;
      case NodeKind.ReturnStmt:
        this.add(s);
        this.leave(this.exit, EdgeKind.Return);
        return;
      case NodeKind.BlockStmt:
        this.list(s.list);
        return;
      case NodeKind.LabeledStmt:
        this.labeled(s);
        return;
      case NodeKind.BranchStmt:
        this.branch(s);
        return;
      case NodeKind.IfStmt:
        this.ifs(s);
        return;
      case NodeKind.ForStmt:
        this.forLoop(s, label);
        return;
      case NodeKind.RangeStmt:
        this.range(s, label);
        return;
      case NodeKind.SwitchStmt:
      case NodeKind.TypeSwitchStmt:
        this.switches(s, label);
        return;
      case NodeKind.SelectStmt:
        this.select(s, label);
        return;
      default:
        // Simple statements, declarations, go statements, source that could not be parsed.
        this.add(s);
    }
  }

  private afterCall(x: Expr): void {
    while (x.kind === NodeKind.ParenExpr) {
      x = x.x;
    }
    if (x.kind !== NodeKind.CallExpr) {
      return;
    }
    const panics = this.hooks.panics ?? callsPanic;
    if (panics(x)) {
      this.leave(this.panic, EdgeKind.Panic);
    } else if (this.hooks.neverReturns?.(x) === true) {
      this.leave(this.stop, EdgeKind.Stop);
    }
  }

  private labeled(s: LabeledStmt): void {
    const block = this.labels.get(s.label.name);
    // (A second label of the same name is an error of the program; its block is the first one's.)
    if (block !== undefined && block !== this.block) {
      this.edge(this.block, block);
      this.block = block;
    }
    this.stmt(s.stmt, s.label.name);
  }

  private branch(s: BranchStmt): void {
    let to: Block | null | undefined = null;
    const label = s.label?.name ?? null;
    if (s.tok === Token.Goto) {
      to = label === null ? null : this.labels.get(label);
    } else if (s.tok === Token.Fallthrough) {
      to = this.nextClause;
    } else {
      for (let i = this.targets.length - 1; i >= 0; i--) {
        const target = this.targets[i];
        const block = s.tok === Token.Break ? target.breakTo : target.continueTo;
        if (block !== null && (label === null || label === target.label)) {
          to = block;
          break;
        }
      }
    }
    this.add(s);
    if (to) {
      this.leave(to);
    } else {
      this.leave(this.stop, EdgeKind.Stop);
    }
  }

  private ifs(first: IfStmt): void {
    const done = this.newBlock("if.done");
    let s = first;
    for (;;) {
      if (s.init !== null) {
        this.stmt(s.init, null);
      }
      const then = this.newBlock("if.then");
      const otherwise = s.else_ === null ? done : this.newBlock("if.else");
      this.cond(s.cond, then, otherwise);
      this.block = then;
      this.list(s.body.list);
      this.edge(this.block, done);
      if (s.else_ === null) {
        break;
      }
      this.block = otherwise;
      if (s.else_.kind !== NodeKind.IfStmt) {
        this.stmt(s.else_, null);
        this.edge(this.block, done);
        break;
      }
      s = s.else_;
    }
    this.block = done;
  }

  /** Branches on `x`, with && || ! taken apart. Leaves `block` at the last test; callers set it. */
  private cond(x: Expr, yes: Block, no: Block): void {
    while (x.kind === NodeKind.ParenExpr || (x.kind === NodeKind.UnaryExpr && x.op === Token.Not)) {
      if (x.kind === NodeKind.UnaryExpr) {
        [yes, no] = [no, yes];
      }
      x = x.x;
    }
    if (x.kind === NodeKind.BinaryExpr && (x.op === Token.LAnd || x.op === Token.LOr)) {
      const { op } = x;
      // a && b && c is ((a && b) && c): down the left side, then back up.
      const operands: Expr[] = [];
      let left: Expr = x;
      while (left.kind === NodeKind.BinaryExpr && left.op === op) {
        operands.push(left.y);
        left = left.x;
      }
      operands.push(left);
      for (let i = operands.length - 1; i > 0; i--) {
        const next = this.newBlock(op === Token.LAnd ? "and" : "or");
        if (op === Token.LAnd) {
          this.cond(operands[i], next, no);
        } else {
          this.cond(operands[i], yes, next);
        }
        this.block = next;
      }
      this.cond(operands[0], yes, no);
      return;
    }
    this.add(x);
    const value = this.hooks.constant?.(x) ?? null;
    if (value !== false) {
      this.edge(this.block, yes, EdgeKind.True, x);
    }
    if (value !== true) {
      this.edge(this.block, no, EdgeKind.False, x);
    }
  }

  private forLoop(s: ForStmt, label: string | null): void {
    if (s.init !== null) {
      this.stmt(s.init, null);
    }
    const head = this.newBlock("for.head");
    const body = s.cond === null ? head : this.newBlock("for.body");
    const post = s.post === null ? head : this.newBlock("for.post");
    const done = this.newBlock("for.done");
    this.edge(this.block, head);
    this.block = head;
    if (s.cond !== null) {
      this.cond(s.cond, body, done);
      this.block = body;
    }
    this.targets.push({ label, breakTo: done, continueTo: post });
    this.list(s.body.list);
    this.targets.pop();
    this.edge(this.block, post);
    if (s.post !== null) {
      this.block = post;
      this.stmt(s.post, null);
      this.edge(this.block, head);
    }
    this.block = done;
  }

  private range(s: RangeStmt, label: string | null): void {
    this.add(s.x);
    const head = this.newBlock("range.head");
    const body = this.newBlock("range.body");
    const done = this.newBlock("range.done");
    this.edge(this.block, head);
    this.edge(head, body, EdgeKind.Element, null, s);
    this.edge(head, done, EdgeKind.Done, null, s);
    this.block = body;
    if (s.key !== null || s.value !== null) {
      this.add(s);
    }
    this.targets.push({ label, breakTo: done, continueTo: head });
    this.list(s.body.list);
    this.targets.pop();
    this.edge(this.block, head);
    this.block = done;
  }

  /**
   * Tests in source order, `default` when none matched. Each case expression has an edge of its own:
   *
   *     tag ─ a? ─┬─ no ─ b? ─┬─ no ─ … ─ default or done
   *               yes ─ body 1 └─ yes ─ body 1
   */
  private switches(s: SwitchStmt | TypeSwitchStmt, label: string | null): void {
    if (s.init !== null) {
      this.stmt(s.init, null);
    }
    if (s.kind === NodeKind.TypeSwitchStmt) {
      this.add(s.assign);
    } else if (s.tag !== null) {
      this.add(s.tag);
    }
    const clauses = s.body.list.filter((c): c is CaseClause => c.kind === NodeKind.CaseClause);
    const bodies = clauses.map((c) => this.newBlock(c.list === null ? "switch.default" : "switch.case"));
    const done = this.newBlock("switch.done");
    let fallback = done;
    clauses.forEach((clause, i) => {
      if (clause.list === null) {
        fallback = bodies[i];
      } else {
        for (const x of clause.list) {
          this.test(s, x, bodies[i]);
        }
      }
    });
    this.edge(this.block, fallback);

    this.targets.push({ label, breakTo: done, continueTo: null });
    const outer = this.nextClause;
    clauses.forEach((clause, i) => {
      this.nextClause = i + 1 < bodies.length ? bodies[i + 1] : null;
      this.block = bodies[i];
      this.list(clause.body);
      this.edge(this.block, done);
    });
    this.nextClause = outer;
    this.targets.pop();
    this.block = done;
  }

  /** One case expression: to `body` where it matches, else on. */
  private test(s: SwitchStmt | TypeSwitchStmt, x: Expr, body: Block): void {
    const next = this.newBlock("switch.next");
    if (s.kind === NodeKind.TypeSwitchStmt) {
      this.edge(this.block, body, EdgeKind.TypeCase, x, s.assign);
      this.edge(this.block, next, EdgeKind.NotTypeCase, x, s.assign);
    } else if (s.tag === null) {
      this.cond(x, body, next);
    } else {
      this.add(x);
      this.edge(this.block, body, EdgeKind.Case, x, s.tag);
      this.edge(this.block, next, EdgeKind.NotCase, x, s.tag);
    }
    this.block = next;
  }

  private select(s: SelectStmt, label: string | null): void {
    this.add(s);
    const head = this.block;
    const done = this.newBlock("select.done");
    this.targets.push({ label, breakTo: done, continueTo: null });
    let clauses = 0;
    for (const clause of s.body.list) {
      if (clause.kind !== NodeKind.CommClause) {
        continue;
      }
      clauses++;
      this.block = this.newBlock(clause.comm === null ? "select.default" : "select.case");
      this.edge(head, this.block, EdgeKind.Comm, null, clause);
      if (clause.comm !== null) {
        this.add(clause.comm);
      }
      this.list(clause.body);
      this.edge(this.block, done);
    }
    this.targets.pop();
    if (clauses === 0) {
      this.edge(head, this.stop, EdgeKind.Stop);
    }
    this.block = done;
  }
}

function callsPanic(call: CallExpr): boolean {
  return call.fun.kind === NodeKind.Ident && call.fun.name === "panic";
}

function callsRecover(defer: DeferStmt): boolean {
  const { fun } = defer.call;
  if (fun.kind !== NodeKind.FuncLit) {
    return false;
  }
  let found = false;
  walk(fun.body, (n) => {
    found ||= n.kind === NodeKind.CallExpr && n.fun.kind === NodeKind.Ident && n.fun.name === "recover";
    // Only a call by the deferred function itself recovers.
    return !found && n.kind !== NodeKind.FuncLit;
  });
  return found;
}

function markReachable(entry: Block): void {
  const stack = [entry];
  entry.reachable = true;
  for (let block = stack.pop(); block !== undefined; block = stack.pop()) {
    for (const { to } of block.succs) {
      if (!to.reachable) {
        to.reachable = true;
        stack.push(to);
      }
    }
  }
}

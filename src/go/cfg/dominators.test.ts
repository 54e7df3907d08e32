import { describe, expect, it } from "vitest";
import type { Block, Cfg } from "./blocks.ts";
import { dominators, type DominatorTree, postDominators } from "./dominators.ts";
import { graph } from "./testing.ts";

/** Dominance by its definition: a dominates b if b is not reached once a is taken out. */
function dominatesByDefinition(cfg: Cfg, a: Block, b: Block, forward: boolean): boolean {
  const roots = forward ? [cfg.entry] : [cfg.exit, cfg.panic, cfg.stop];
  const seen = new Set<Block>([a]);
  const stack = a === b ? [] : roots.filter((r) => r !== a);
  for (let block = stack.pop(); block !== undefined; block = stack.pop()) {
    if (seen.has(block)) {
      continue;
    }
    if (block === b) {
      return false;
    }
    seen.add(block);
    stack.push(...(forward ? block.succs.map((e) => e.to) : block.preds.map((e) => e.from)));
  }
  return true;
}

describe("dominators", () => {
  const bodies = [
    "x()",
    "if a { x() } else { y() }\nz()",
    "for a { if b { return }; if c { break }; x() }",
    "for { if a { panic(1) }; select { case <-c: return; case <-d: continue } }",
    "switch x { case 1: a(); fallthrough; case 2: b(); default: return }\nif p || q && r { s() }",
    "L:\nif a { goto M }\nfor b {\nM:\nx()\nif c { goto L }\n}",
    "defer func() { recover() }()\nfor i := range n { if i { panic(2) } }",
    "for {}\nx()",
  ];

  it.each(bodies)("agree with their definition: %j", (body) => {
    const { cfg } = graph(body);
    const check = (tree: DominatorTree, forward: boolean, inside: (b: Block) => boolean): void => {
      for (const a of cfg.blocks.filter(inside)) {
        for (const b of cfg.blocks.filter(inside)) {
          expect([a.id, b.id, tree.dominates(a, b)]).toEqual([a.id, b.id, dominatesByDefinition(cfg, a, b, forward)]);
        }
      }
    };
    check(dominators(cfg), true, (b) => b.reachable);
    check(postDominators(cfg), false, (b) => reaches(b, cfg));
  });

  it("leaves out what is not reached", () => {
    const { cfg } = graph("return\nx()");
    const dead = cfg.blocks.find((b) => b.nodes.length > 0 && !b.reachable);
    expect(dead && dominators(cfg).dominates(cfg.entry, dead)).toBe(false);
  });
});

function reaches(block: Block, cfg: Cfg): boolean {
  const seen = new Set<Block>();
  const stack = [block];
  for (let b = stack.pop(); b !== undefined; b = stack.pop()) {
    if (b === cfg.exit || b === cfg.panic || b === cfg.stop) {
      return true;
    }
    if (!seen.has(b)) {
      seen.add(b);
      stack.push(...b.succs.map((e) => e.to));
    }
  }
  return false;
}

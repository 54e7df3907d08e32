/** Graphs of function bodies for tests, checked for what holds for every graph. */
import { expect } from "vitest";
import type { FuncDecl } from "../syntax/ast-decl.ts";
import type { Node } from "../syntax/ast.ts";
import { parseFile } from "../syntax/parser.ts";
import type { Cfg } from "./blocks.ts";
import { buildCfg, type CfgHooks } from "./builder.ts";
import { printCfg } from "./print.ts";

/** `body`: statements. `text`: the graph as printCfg writes it. */
export function graph(body: string, hooks: CfgHooks = {}): { cfg: Cfg; text: string } {
  const src = new TextEncoder().encode(`package p\nfunc f() {\n${body}\n}\n`);
  const file = parseFile("x.go", src);
  expect(file.problems).toEqual([]);
  const fn = file.decls[0] as FuncDecl;
  const cfg = buildCfg(fn, hooks);
  checkGraph(cfg);
  return { cfg, text: printCfg(cfg, src) };
}

/** What holds for every graph. */
function checkGraph(cfg: Cfg): void {
  const seen = new Set<Node>();
  cfg.blocks.forEach((block, id) => {
    expect(block.id).toBe(id);
    for (const node of block.nodes) {
      expect(seen.has(node)).toBe(false);
      seen.add(node);
    }
    for (const edge of block.succs) {
      expect(edge.from).toBe(block);
      expect(edge.to.preds).toContain(edge);
    }
  });
  expect(cfg.stop.succs).toEqual([]);
  expect(cfg.exit.succs).toEqual([]);
  for (const end of [cfg.exit, cfg.panic, cfg.stop]) {
    expect(end.nodes).toEqual([]);
  }
}

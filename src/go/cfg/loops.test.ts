import { describe, expect, it } from "vitest";
import { findLoops } from "./loops.ts";
import { graph } from "./testing.ts";

describe("loops", () => {
  it("nest", () => {
    const { cfg } = graph("for a {\n\tfor b {\n\t\tx()\n\t}\n\tif c { continue }\n\tfor range d { y() }\n}\nz()");
    const loops = findLoops(cfg);
    expect(loops.all.map((l) => [l.header.name, l.parent])).toEqual([
      ["for.head", -1],
      ["for.head", 0],
      ["range.head", 0],
    ]);
    expect(loops.irreducible).toBe(false);
    const depthOf = (name: string): number[] =>
      cfg.blocks.filter((b) => b.name === name && b.reachable).map((b) => loops.depth(b));
    expect(depthOf("for.body")).toEqual([1, 2]);
    expect(depthOf("range.body")).toEqual([2]);
    expect(depthOf("exit")).toEqual([0]);
    expect(loops.all[0].back).toHaveLength(2);
    expect(loops.contains(0, loops.all[1].header)).toBe(true);
    expect(loops.contains(1, loops.all[0].header)).toBe(false);
  });

  it("do not count a block that leaves the loop", () => {
    const { cfg } = graph("for {\n\tif a {\n\t\tx()\n\t\treturn\n\t}\n}");
    const loops = findLoops(cfg);
    const then = cfg.blocks.filter((b) => b.name === "if.then");
    expect(then.map((b) => loops.depth(b))).toEqual([0]);
  });

  it("are found where goto makes them, unless they have two entries", () => {
    expect(findLoops(graph("L:\n\tx()\n\tif a { goto L }").cfg).all).toHaveLength(1);
    const two = findLoops(graph("if a { goto M }\nL:\n\tx()\nM:\n\ty()\n\tif b { goto L }").cfg);
    expect([two.all.length, two.irreducible]).toEqual([0, true]);
  });
});

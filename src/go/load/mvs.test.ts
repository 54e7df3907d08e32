import { expect, test } from "vitest";
import { type ModuleSummary, selectGraph, selectRoots, type Roots } from "./mvs.ts";

/** "a@v1 b@v2" → requirements. */
const requirements = (text: string): { path: string; version: string }[] =>
  text === "" ? [] : text.split(" ").map((m) => ({ path: m.split("@")[0] ?? "", version: m.split("@")[1] ?? "" }));
const pruned = (text: string): ModuleSummary => ({ require: requirements(text), pruned: true });
const unpruned = (text: string): ModuleSummary => ({ require: requirements(text), pruned: false });
const show = (selected: ReadonlyMap<string, string>): string =>
  [...selected]
    .map(([path, version]) => `${path}@${version}`)
    .sort()
    .join(" ");
const roots = (main: Record<string, ModuleSummary>, workspace = false): Roots => ({
  main: new Map(Object.entries(main)),
  workspace,
});
const graph = (r: Roots, modules: Record<string, ModuleSummary>): string =>
  show(selectGraph(r, (m) => modules[`${m.path}@${m.version}`] ?? null));

test("the highest version wins, and only what is reached counts", () => {
  const main = roots({ m: unpruned("a@v1.0.0 b@v1.0.0") });
  const modules = {
    "a@v1.0.0": unpruned("c@v1.1.0"),
    "b@v1.0.0": unpruned("c@v1.2.0 d@v1.0.0"),
    "c@v1.1.0": unpruned("e@v1.0.0"),
    "c@v1.2.0": unpruned(""),
    "c@v1.9.0": unpruned("z@v1.0.0"),
  };
  expect(show(selectRoots(main))).toBe("a@v1.0.0 b@v1.0.0");
  expect(graph(main, modules)).toBe("a@v1.0.0 b@v1.0.0 c@v1.2.0 d@v1.0.0 e@v1.0.0");
});

test("pruning: the requirements of a go 1.17 module's requirements do not count, those below an older one do", () => {
  const main = roots({ m: pruned("a@v1.0.0 b@v1.0.0") });
  const modules = {
    "a@v1.0.0": pruned("c@v1.0.0"),
    "c@v1.0.0": pruned("hidden@v1.0.0"),
    "b@v1.0.0": unpruned("d@v1.0.0"),
    "d@v1.0.0": pruned("e@v1.0.0"),
    "e@v1.0.0": pruned("deep@v1.0.0"),
  };
  expect(graph(main, modules)).toBe("a@v1.0.0 b@v1.0.0 c@v1.0.0 d@v1.0.0 deep@v1.0.0 e@v1.0.0");
});

test("cycles, missing go.mod files and the main module itself", () => {
  const main = roots({ m: unpruned("a@v1.0.0 gone@v1.0.0") });
  const modules = {
    "a@v1.0.0": unpruned("b@v1.0.0 m@v9.0.0"),
    "b@v1.0.0": unpruned("a@v1.1.0"),
    "a@v1.1.0": unpruned("b@v1.0.0 go@1.21"),
  };
  expect(graph(main, modules)).toBe("a@v1.1.0 b@v1.0.0 gone@v1.0.0");
});

test("a workspace reads again what one of its modules raises", () => {
  const main = roots({ m: pruned("a@v1.0.0"), n: pruned("a@v1.1.0 b@v1.0.0") }, true);
  const modules = {
    "a@v1.0.0": pruned("c@v1.0.0"),
    "a@v1.1.0": pruned("c@v1.1.0"),
    "c@v1.1.0": pruned("deep@v1.0.0"),
    "b@v1.0.0": pruned(""),
  };
  // a is raised for m, so its requirements are read with theirs: c's show too.
  expect(graph(main, modules)).toBe("a@v1.1.0 b@v1.0.0 c@v1.1.0 deep@v1.0.0");
});

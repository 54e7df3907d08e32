import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { checkImports, type Plan } from "./check-imports.ts";

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "stanch-imports-"));
  made.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const plan = (debt: string[] = []): Plan => ({
  allowed: {
    base: [],
    low: [],
    mid: ["low/contract.ts"],
    high: ["mid", "low"],
    top: ["*"],
    profile: [],
    web: ["profile"],
  },
  debt,
});
const shown = (root: string, p: Plan = plan()): string[] =>
  checkImports(root, p).map((v) => `${v.file}:${v.line} ${v.target}`);

test("imports downward, within a room and of base are fine", () => {
  const root = tree({
    "src/base/b.ts": `export const b = 1;`,
    "src/low/contract.ts": `import { b } from "../base/b.ts";\nimport "./other.ts";\nexport type C = typeof b;`,
    "src/low/other.ts": `import pico from "picocolors";\nexport default pico;`,
    "src/mid/m.ts": `import type { C } from "../low/contract.ts";\nexport { b } from "../base/b.ts";\nexport type D = C;`,
    "src/high/h.ts": `export * from "../mid/m.ts";\nconst later = await import("../low/other.ts");`,
    "src/top/t.ts": `import { readFileSync } from "../high/h.ts";`,
  });
  expect(shown(root)).toEqual([]);
});

test("upward and sideways imports are found in every form", () => {
  const root = tree({
    "src/low/a.ts": `// import "../high/comment.ts"\nimport {\n  x,\n} from "../high/h.ts";\nexport * from "../mid/m.ts";\nimport type { T } from "../top/t.ts";\nawait import("../high/h.ts");\nimport "../mid/side.ts";`,
    "src/mid/m.ts": `import { y } from "../low/other.ts";`,
  });
  expect(shown(root)).toEqual([
    "src/low/a.ts:2 high/h.ts",
    "src/low/a.ts:5 mid/m.ts",
    "src/low/a.ts:6 top/t.ts",
    "src/low/a.ts:7 high/h.ts",
    "src/low/a.ts:8 mid/side.ts",
    "src/mid/m.ts:1 low/other.ts",
  ]);
});

test("effects and Node's modules stay in their rooms, except in tests", () => {
  const root = tree({
    "src/low/a.ts": `import { readFileSync } from "node:fs";\nimport { join } from "node:path";`,
    "src/profile/p.ts": `import { inflateSync } from "node:zlib";`,
    "src/profile/p.test.ts": `import { inflateSync } from "node:zlib";`,
  });
  expect(shown(root)).toEqual(["src/low/a.ts:1 node:fs", "src/profile/p.ts:1 node:zlib"]);
});

test("a room that the table does not know is a violation, and so is leaving the project", () => {
  const root = tree({ "src/attic/a.ts": ``, "src/low/b.ts": `import "../../../elsewhere.ts";` });
  expect(shown(root)).toEqual(["src/attic/a.ts:0 attic/a.ts", "src/low/b.ts:1 ../elsewhere.ts"]);
});

test("web sees what it may", () => {
  const root = tree({ "web/app.ts": `import "../src/profile/p.ts";\nimport "../src/high/h.ts";\nimport "./view.ts";` });
  expect(shown(root)).toEqual(["web/app.ts:2 high/h.ts"]);
});

test("debt is named, and paid debt is struck off", () => {
  const root = tree({ "src/low/a.ts": `import "../high/h.ts";` });
  expect(shown(root, plan(["src/low/a.ts -> high/h.ts"]))).toEqual([]);
  expect(shown(root, plan(["src/low/a.ts -> high/h.ts", "src/low/gone.ts -> mid/m.ts"]))).toEqual([
    "tools/check-imports.ts:0 src/low/gone.ts -> mid/m.ts",
  ]);
});

test("this project keeps to its own table", () => {
  expect(checkImports(join(import.meta.dirname, ".."))).toEqual([]);
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findGo, hasServer } from "../../src/demo/toolchain.ts";
import { examples, lineOf, packageOf, root } from "./catalogue.ts";
import { faults, walk } from "./path.ts";
import { findingsIn } from "./stanch.ts";

const go = await findGo();
const missing = [
  ...("missing" in go ? [go.missing] : []),
  ...(hasServer("postgresql") ? [] : ["PostgreSQL is not installed"]),
  ...(hasServer("redis") ? [] : ["Redis is not installed"]),
];
/** Where they must run, a missing tool is a failure and not an excuse. */
const required = process.env["CI"] === "true";
const named = (...names: string[]): typeof examples => examples.filter((e) => names.includes(e.name));

test("every example names lines that are there", () => {
  for (const e of examples) for (const leak of e.leaks) expect(lineOf(e, leak), e.name).toBeGreaterThan(0);
});

test("check finds the line of every example without dependencies, and nothing in its twin", async () => {
  for (const e of examples.filter((x) => x.number === null || x.needs.length === 0)) {
    if (e.name === "grpc-channel") continue; // without the module cache its names are unknown
    const found = await findingsIn(join(root, e.module), packageOf(e, "leaky"));
    expect(found.map((f) => `${f.rule}:${f.line}`).sort(), e.name).toEqual(
      e.leaks.map((l) => `${l.rule}:${lineOf(e, l)}`).sort(),
    );
    expect(await findingsIn(join(root, e.module), packageOf(e, "fixed")), e.name).toEqual([]);
  }
});

const why = missing.length === 0 ? "" : ` (left out: ${missing.join("; ")})`;
test.skipIf(missing.length > 0 && !required)(
  `found in the source, live, joined and mended: a pool, Redis and goroutines${why}`,
  { timeout: 600_000 },
  async () => {
    expect(missing).toEqual([]);
    const work = mkdtempSync(join(tmpdir(), "stanch-cases-"));
    try {
      const outcomes = await walk(named("sql-pool", "redis-client", "never-done"), {
        go: "missing" in go ? "" : go.path,
        work,
        // It ends when all is decided: 40 s on a machine that is not busy.
        watchSeconds: 180,
        early: true,
        fix: (e) => e.name !== "redis-client",
      });
      // Two looks at an old pile on a busy machine are not sure; that they are joined to the line is what counts here.
      expect(outcomes.flatMap((o) => faults(o, false))).toEqual([]);
      expect(outcomes.map((o) => o.leaks.filter((l) => l.mended).map((l) => l.leak.rule))).toEqual([
        ["sql-rows-unclosed"],
        [],
        ["goroutine-send-blocked"],
      ]);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  },
);

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findGo, hasServer } from "../../src/demo/toolchain.ts";
import { examples, lineOf, packageOf, root } from "./catalogue.ts";
import { faults, walk } from "./path.ts";
import { findingsIn, stanch } from "./stanch.ts";

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

test("check finds the line of every example that needs no module, and nothing in any twin", async () => {
  // One check for each module: a process for each package would be slow on a busy machine.
  const found = new Map<string, Awaited<ReturnType<typeof findingsIn>>>();
  for (const module of new Set(examples.map((e) => e.module)))
    found.set(module, await findingsIn(join(root, module), "..."));
  const of = (e: (typeof examples)[number], variant: "leaky" | "fixed"): string[] =>
    (found.get(e.module) ?? [])
      .filter((f) => f.file.startsWith(`${packageOf(e, variant)}/`))
      .map((f) => `${f.rule}:${f.line}`)
      .sort();
  for (const e of examples) {
    expect(of(e, "fixed"), e.name).toEqual([]);
    // Without the module cache the names of gRPC and go-redis are unknown.
    if (["grpc-channel", "redis-client"].includes(e.name)) continue;
    expect(of(e, "leaky"), e.name).toEqual(e.leaks.map((l) => `${l.rule}:${lineOf(e, l)}`).sort());
  }
});

test("the same source with a go line of 1.23 or later makes garbage, not a leak", async () => {
  const copy = mkdtempSync(join(tmpdir(), "stanch-timers-"));
  try {
    cpSync(join(root, "examples/cases/timers"), copy, { recursive: true });
    const file = join(copy, "go.mod");
    writeFileSync(file, readFileSync(file, "utf8").replace("go 1.22", "go 1.24"));
    const all = await stanch(["check", "--no-config", "./leaky"], copy);
    expect(all.stdout).toContain("note[timer-after-in-loop]");
    expect(all.code).toBe(0);
    expect((await stanch(["check", "--no-config", "--severity", "warning", "./leaky"], copy)).stdout).not.toContain(
      "timer",
    );
  } finally {
    rmSync(copy, { recursive: true, force: true });
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

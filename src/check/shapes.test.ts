/** Shapes that tell leak checkers apart, under the whole catalogue: report where it says report, silent where it says silent. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parsePage } from "../rules/page.ts";
import { rules } from "../rules/registry.ts";
import { compareWants, PageRunner } from "./testing.ts";

const page = parsePage(readFileSync(join(import.meta.dirname, "../rules/testdata/shapes.md"), "utf8"));
const runner = new PageRunner();
const known = new Set(rules.map((r) => r.id));

describe("shapes", () => {
  test.each(page.blocks.map((b) => [`line ${b.line}: ${b.section}`, b] as const))("%s", (_, block) => {
    const { problems, findings } = runner.run(block, rules, known);
    expect(problems).toEqual([]);
    // A note beside the shape (an undrained body, a pool without a limit) is not what is asked here.
    const asked = findings.filter((f) => f.severity !== "note");
    expect(compareWants(block, asked)).toEqual([]);
  });
});

/** Every block of every rule's page, run. */
import { describe, expect, test } from "vitest";
import { parsePage } from "../rules/page.ts";
import { registryProblems, rules } from "../rules/registry.ts";
import { compareWants, PageRunner, readPage, withFix } from "./testing.ts";

test("the registry is sound", () => expect(registryProblems(rules)).toEqual([]));

const runner = new PageRunner();
const known = new Set(rules.map((r) => r.id));

describe.each(rules.map((r) => [r.id, r] as const))("%s", (id, rule) => {
  const page = parsePage(readPage(id));
  const alone = [rule];

  test("page", () => {
    expect(page.problems).toEqual([]);
    expect(page.id).toBe(id);
  });

  test.each(page.blocks.map((b) => [`line ${b.line}: ${b.section}`, b] as const))("%s", (_, block) => {
    const { problems, findings } = runner.run(block, alone, known);
    expect(problems).toEqual([]);
    expect(compareWants(block, findings)).toEqual([]);
    // Every fix that is offered mends its finding and makes none.
    for (const f of findings.filter((x) => x.fix !== null)) {
      const after = runner.run(withFix(block, f), alone, known);
      expect(after.problems).toEqual([]);
      const kin = (list: typeof findings): number => list.filter((x) => x.kin === f.kin).length;
      expect([after.findings.length, kin(after.findings)]).toEqual([findings.length - 1, kin(findings) - 1]);
    }
  });
});

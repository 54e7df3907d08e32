import { expect, test } from "vitest";
import { parsePage } from "./page.ts";
import { pageOf, registryProblems, rules, rulesById } from "./registry.ts";
import { defineRule } from "./rule.ts";

test("every rule has its page at hand", async () => {
  for (const r of rules) expect(parsePage((await pageOf(r.id)) ?? "").id).toBe(r.id);
  expect(await pageOf("no-such-rule")).toBeNull();
  expect(rulesById.size).toBe(rules.length);
});

test("what is wrong with a registry is said", () => {
  const good = {
    id: "a-b",
    title: "T",
    severity: "note",
    since: "0.1.0",
    messages: { m: "{x} is wrong." },
    check: () => {},
  } as const;
  expect(registryProblems([defineRule(good)])).toEqual([]);
  const wrong = (change: object): string[] => registryProblems([defineRule({ ...good, ...change })]);
  expect(wrong({ id: "A_b" })).toEqual(["A_b: an id is words of a-z and 0-9 joined by hyphens"]);
  expect(wrong({ title: "T." })).toEqual(["a-b: a title is one line without a full stop"]);
  expect(wrong({ since: "1" })).toEqual(["a-b: since is a version like 0.1.0"]);
  expect(wrong({ messages: {} })).toEqual(["a-b: it has no messages"]);
  expect(wrong({ messages: { m: "a\nb" } })).toEqual(["a-b: message m is not one line"]);
  expect(wrong({ messages: { m: "this is wrong." } })[0]).toContain("a capital letter first, a full stop last");
  expect(registryProblems([good, good])).toEqual(["a-b: the id is taken"]);
});

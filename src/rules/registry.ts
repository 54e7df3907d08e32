/** All rules by id. Their list is generated (tools/gen-rules.ts); what is wrong with it is told here, before anything runs. */
import { all } from "./all.gen.ts";
import type { Rule } from "./rule.ts";

/** In order of their ids. */
export const rules: readonly Rule[] = [...all].sort((a, b) => (a.id < b.id ? -1 : 1));

export const rulesById: ReadonlyMap<string, Rule> = new Map(rules.map((r) => [r.id, r]));

/** The page of a rule: Markdown. Null for ids that are no rule's. Pages are loaded when first asked for. */
export async function pageOf(id: string): Promise<string | null> {
  const { pages } = await import("./pages.gen.ts");
  return pages[id] ?? null;
}

/** What is wrong with a set of rules, one line each. */
export function registryProblems(list: readonly Rule[]): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const r of list) {
    const say = (what: string): void => void problems.push(`${r.id}: ${what}`);
    if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(r.id)) say("an id is words of a-z and 0-9 joined by hyphens");
    if (seen.has(r.id)) say("the id is taken");
    seen.add(r.id);
    if (r.title.trim() === "" || /[.\n]$/.test(r.title)) say("a title is one line without a full stop");
    if (!/^\d+\.\d+\.\d+$/.test(r.since)) say("since is a version like 0.1.0");
    const texts = Object.entries(r.messages);
    if (texts.length === 0) say("it has no messages");
    for (const [id, text] of texts) {
      if (text.trim() === "" || text.includes("\n")) say(`message ${id} is not one line`);
      // A name at its start is written as the code has it.
      else if (!/^[\p{Lu}{`]|^context\./u.test(text) || !text.endsWith("."))
        say(`message ${id} is not a sentence: a capital letter first, a full stop last`);
    }
  }
  return problems;
}

/**
 * Makes the folder of a new rule, with a rule that runs and a page that passes:
 *
 *     npx tsx tools/new-rule.ts my-rule "What it finds, in a line"
 *
 * CONTRIBUTING.md tells the way from there.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { apply, generate } from "./gen-rules.ts";

/** Relative path → text of the two files. Throws an Error with one line where the id will not do. */
export function scaffold(id: string, title: string, version: string): Map<string, string> {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/.test(id))
    throw new Error(
      `"${id}" will not do: two or more words of a-z and 0-9 joined by hyphens, named after what is wrong`,
    );
  if (title.trim() === "" || title.endsWith(".") || title.includes("\n"))
    throw new Error("a title is one line without a full stop");
  return new Map([
    ["rule.ts", ruleText(id, title, version)],
    ["rule.md", pageText(id, title)],
  ]);
}

function ruleText(id: string, title: string, version: string): string {
  return `/**
 * TODO: what is wrong with the code that this rule finds, in two sentences.
 *
 * TODO: why that leaks. The example below finds calls of time.Sleep; replace it piece by piece.
 */
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { evaluated } from "../../../go/cfg/blocks.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { calleeOf } from "../../../go/types/callee.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  found: "{call} stands here. Say what happens because of it, and what to do.",
};

export const rule = defineRule({
  id: ${JSON.stringify(id)},
  title: ${JSON.stringify(title)},
  severity: "warning",
  since: ${JSON.stringify(version)},
  messages,
  check(pass) {
    // The fast path: a package that does not import it cannot call it.
    if (!pass.imports("time")) return;
    for (const unit of pass.units) checkUnit(pass, unit);
  },
});

function checkUnit(pass: RulePass<typeof messages>, unit: FunctionUnit): void {
  for (const block of unit.cfg.blocks) {
    if (!block.reachable) continue;
    for (const node of block.nodes) {
      evaluated(node, (n) => {
        if (n.kind !== NodeKind.CallExpr || !isCandidate(pass, n) || isTolerated(pass, unit, n)) return;
        pass.report({ file: unit.file, at: n, unit, message: "found", data: { call: exprText(unit.file, n) } });
      });
    }
  }
}

function isCandidate(pass: RulePass<typeof messages>, call: CallExpr): boolean {
  const { func } = calleeOf(call);
  return func !== null && pass.summaries.nameOf(func) === "time.Sleep";
}

/** The ladder of exemptions, each under a line of Go that shows it. */
function isTolerated(pass: RulePass<typeof messages>, unit: FunctionUnit, _call: CallExpr): boolean {
  // func main() { time.Sleep(time.Second) }
  if (unit.name === "main" && pass.pkg.name === "main") return true;
  return false;
}
`;
}

function pageText(id: string, title: string): string {
  const fence = "```";
  return `# ${id}

${title}.

## What it finds

TODO: say it, and show it. Every block on this page is run: \`want\` stands where a finding is expected.

${fence}go
func pause() {
	time.Sleep(time.Second) // want warning "time.Sleep(time.Second) stands here"
}
${fence}

## Why it leaks

TODO

## How it looks live

TODO: the goroutines, sockets or counters by which it shows in a running process.

## When it stays silent

TODO: one sentence and one block without \`want\` per exemption.

${fence}go
package main

import "time"

func main() {
	time.Sleep(time.Second)
}
${fence}

## Fix

TODO
`;
}

/** Writes the folder and what is generated from all folders; returns the paths written, relative to the root. */
export async function newRule(root: string, id: string, title: string): Promise<string[]> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const files = scaffold(id, title, version);
  const dir = join("src/rules/go", id);
  if (existsSync(join(root, dir))) throw new Error(`${dir} is there already`);
  mkdirSync(join(root, dir), { recursive: true });
  for (const [name, text] of files) writeFileSync(join(root, dir, name), text);
  return [...[...files.keys()].map((name) => join(dir, name)), ...apply(root, await generate(root), true)];
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [id, title] = process.argv.slice(2);
  if (id === undefined || title === undefined) {
    console.error('usage: npx tsx tools/new-rule.ts my-rule "What it finds, in a line"');
    process.exit(2);
  }
  try {
    for (const path of await newRule(join(dirname(fileURLToPath(import.meta.url)), ".."), id, title))
      console.log(`wrote ${path}`);
    console.log(
      `next: edit the two files, then npx vitest run src/check/rule-pages.test.ts -t ${id} (see CONTRIBUTING.md)`,
    );
  } catch (e) {
    console.error(`new-rule: ${e instanceof Error ? e.message : String(e)}`);
    process.exit(2);
  }
}

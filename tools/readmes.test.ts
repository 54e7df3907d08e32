/** The front door in two languages: whoever edits one edits the other. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = join(fileURLToPath(new URL(".", import.meta.url)), "..");
const english = readFileSync(join(root, "README.md"), "utf8");
const chinese = readFileSync(join(root, "README.zh-CN.md"), "utf8");

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "");
/** Levels, and what of a heading is a name in either language. */
const headings = (text: string): string[] =>
  [...withoutCode(text).matchAll(/^(#+) (.*)$/gm)].map((m) => `${m[1]} ${[...m[2].matchAll(/`[^`]+`/g)].join(" ")}`);
const code = (text: string): string[] => [...text.matchAll(/^```[\s\S]*?^```$/gm)].map((m) => m[0]);
/** Of commands in running text. */
const commands = (text: string): string[] =>
  [...withoutCode(text).matchAll(/`((?:stanch|npx|npm|go) [^`]+)`/g)].map((m) => m[1]).sort();
const rows = (text: string): string[] =>
  withoutCode(text)
    .split("\n")
    .filter((l) => l.startsWith("|"));
const numbers = (text: string): string[] => [...text.matchAll(/\d[\d,.]*\d|\d/g)].map((m) => m[0]).sort();
const links = (text: string): string[] =>
  [...new Set([...withoutCode(text).matchAll(/\]\(([^)]+)\)/g)].map((m) => m[1]))]
    .filter((l) => !/^README(?:\.zh-CN)?\.md$/.test(l))
    .sort();

test("the same headings, code and commands", () => {
  expect(headings(chinese)).toEqual(headings(english));
  expect(code(chinese)).toEqual(code(english));
  expect(commands(chinese)).toEqual(commands(english));
});

test("the same tables with the same figures", () => {
  expect(rows(chinese).length).toBe(rows(english).length);
  for (const [i, row] of rows(english).entries()) {
    expect(numbers(rows(chinese)[i]), row).toEqual(numbers(row));
    expect(rows(chinese)[i].split(" | ").length, row).toBe(row.split(" | ").length);
  }
});

test("the same links, and each leads somewhere", () => {
  expect(links(chinese)).toEqual(links(english));
  for (const link of links(english)) {
    const path = link.replace(/#.*$/, "");
    if (!link.startsWith("http")) expect(existsSync(join(root, path)), link).toBe(true);
  }
});

test("every command that it names is one", () => {
  const known = readFileSync(join(root, "src/cli/source.ts"), "utf8")
    .concat(...["live", "watching"].map((f) => readFileSync(join(root, `src/cli/${f}.ts`), "utf8")))
    .matchAll(/\.command\("([a-z]+)/g);
  const names = new Set([...known].map((m) => m[1]));
  const used = [...english.matchAll(/(?:^|[`$] ?)stanch ([a-z]+)/gm)].map((m) => m[1]);
  expect(used.length).toBeGreaterThan(10);
  expect(used.filter((u) => !names.has(u))).toEqual([]);
});

/**
 * Writes what is made from the folders under src/rules/go (and java): the list of rules, their pages as text for
 * `stanch explain` and reports, and docs/rules.
 *
 *     npx tsx tools/gen-rules.ts            writes
 *     npx tsx tools/gen-rules.ts --check    says what would change, and exits with 1 if anything would
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Rule } from "../src/rules/rule.ts";

const Languages = ["go", "java"];
const Marker = "Made by tools/gen-rules.ts from src/rules: do not edit.";

/** What holds of all rules alike. */
const Everywhere = [
  "Whatever a rule's own severity, its finding is a note in code that is there for tests and is no `_test.go` file: a file that speaks of the types of",
  "`testing` or imports an assertion library, a function that takes a `*testing.T` or what is given for one, or whose comment says that it is used for testing, a file that starts a server of `httptest`, a package whose comment says so, folders, packages and files that",
  "are named for it, or for examples and benchmarks (`testutil`, `examples`, `fakes`, `e2e`, `func-test-proxy`, `httptest` below `http`, `mock_store.go`, `integration` at the module's top). It goes with the test's process. `--tests` analyses `_test.go` files, too,",
  "and those count in full. It is a note, too, where only commands or the start of a program reach the place, once, or with failures in loops that end: seen from all packages of the",
  "module, but for what more than 128 of them import, and for libraries (modules whose own folder is a package), of which that is said below `internal`, `cmd` and a program's own folder alone; elsewhere only of what failures leave behind.",
  "So it is with all that such a package holds, where everything that imports it is a tool or a part of tools: no server, no loop without end, nobody who waits to be told to stop.",
  "In a program a leak is a note as well where nothing in the module shows that it happens again and again (but for what is released on no way at all in a package that other modules can import), and in an `internal` package where nothing imports that",
  "([what does](../precision.md#at-first-sight); handlers of your own are declared in `stanch.yaml`).",
  "[`stanch.yaml`](../formats/stanch-yaml.md) gives any path a level of its own, which goes before all this.",
];

/** Path relative to the root → content of every generated file. */
export async function generate(root: string): Promise<Map<string, string>> {
  const folders = Languages.flatMap((language) => rulesOf(root, language));
  const out = new Map<string, string>();
  out.set("src/rules/all.gen.ts", registryText(folders));
  out.set("src/rules/pages.gen.ts", pagesText(root, folders));
  const rows: string[] = [];
  for (const { path, id } of folders) {
    const { rule } = (await import(pathToFileURL(join(root, path, "rule.ts")).href)) as { rule: Rule };
    out.set(`docs/rules/${id}.md`, docText(rule, readFileSync(join(root, path, "rule.md"), "utf8"), path));
    rows.push(`| [${id}](${id}.md) | ${rule.severity} | ${rule.title} |`);
  }
  out.set(
    "docs/rules/README.md",
    [
      "# Rules",
      "",
      `<!-- ${Marker} -->`,
      "",
      "| rule | severity | finds |",
      "|---|---|---|",
      ...rows,
      "",
      ...Everywhere,
      "",
    ].join("\n"),
  );
  return out;
}

interface Folder {
  /** Relative to the root. */
  readonly path: string;
  readonly id: string;
}

/** Folders that hold a rule; one without a page is left out until it has one. */
function rulesOf(root: string, language: string): Folder[] {
  const dir = join(root, "src/rules", language);
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .sort()
    .filter((name) => ["rule.ts", "rule.md"].every((file) => existsSync(join(dir, name, file))))
    .map((id) => ({ path: `src/rules/${language}/${id}`, id }));
}

function registryText(folders: readonly Folder[]): string {
  const local = (f: Folder): string => `./${f.path.slice("src/rules/".length)}/rule.ts`;
  return [
    `// ${Marker}`,
    'import type { Rule } from "./rule.ts";',
    ...folders.map((f, i) => `import { rule as r${i} } from "${local(f)}";`),
    "",
    `export const all: readonly Rule[] = [${folders.map((_, i) => `r${i}`).join(", ")}];`,
    "",
  ].join("\n");
}

function pagesText(root: string, folders: readonly Folder[]): string {
  return [
    `// ${Marker}`,
    "export const pages: Readonly<Record<string, string>> = {",
    ...folders.map(
      (f) => `  ${JSON.stringify(f.id)}: ${JSON.stringify(readFileSync(join(root, f.path, "rule.md"), "utf8"))},`,
    ),
    "};",
    "",
  ].join("\n");
}

function docText(rule: Rule, page: string, path: string): string {
  const [title, ...rest] = page.split("\n");
  const facts = `*${rule.severity}* · since ${rule.since} · [source](../../${path}/rule.ts)`;
  return [title, "", `<!-- ${Marker} -->`, "", facts, ...rest].join("\n");
}

/** Writes what differs, or only lists it. Files of rules that are gone go too. */
export function apply(root: string, files: ReadonlyMap<string, string>, write: boolean): string[] {
  const changed: string[] = [];
  for (const [path, text] of files) {
    const file = join(root, path);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    changed.push(path);
    if (!write) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const docs = join(root, "docs/rules");
  for (const name of existsSync(docs) ? readdirSync(docs) : []) {
    if (files.has(`docs/rules/${basename(name)}`) || !name.endsWith(".md")) continue;
    changed.push(`docs/rules/${name}`);
    if (write) rmSync(join(docs, name));
  }
  return changed;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const check = process.argv.includes("--check");
  const changed = apply(root, await generate(root), !check);
  for (const path of changed) console.log(`${check ? "stale" : "wrote"} ${path}`);
  if (check && changed.length > 0) console.log("run: npx tsx tools/gen-rules.ts");
  process.exit(check && changed.length > 0 ? 1 : 0);
}

/**
 * Rule pages: `rule.md` read as documentation, specification and tests at once.
 *
 *     # http-body-unclosed                    the rule's id
 *     ## When it stays silent                 one of the sections below, in their order
 *     ```go                                   a block: code that the rule is run on
 *     // go 1.22                              the module's version, where it matters
 *     func f(u string) error {
 *         resp, err := http.Get(u) // want "never closed"
 *     ```
 *     ```go fixed                             the block before it, repaired: nothing to find
 *
 * `// want "text"` stands on the line of a finding whose message holds that text; `/…/` is a regular expression; the
 * severity may precede it (`// want note "…"`), and several may follow each other. Where nothing is wanted, nothing
 * may be found. A block may hold several files, each under a line `-- path/name.go --`; a folder is a package of the
 * module example.com/page. Blocks without a package clause are package demo, and the standard packages they name are
 * imported for them. A block that begins with `// incomplete` may name what cannot be resolved.
 */
import type { Severity } from "../diag/finding.ts";
import type { GoVersion } from "../go/syntax/ast.ts";

/** Headings of every page, in this order. */
export const sections = ["What it finds", "Why it leaks", "How it looks live", "When it stays silent", "Fix"] as const;

export interface Want {
  /** Path within the block. */
  readonly file: string;
  readonly line: number;
  readonly severity: Severity | null;
  readonly pattern: string | RegExp;
}

export interface BlockFile {
  /** Path within the block's module: `demo.go`, `helper/helper.go`. */
  readonly path: string;
  readonly text: string;
}

export interface PageBlock {
  readonly section: string;
  /** Line of the opening fence in the page. */
  readonly line: number;
  readonly fixed: boolean;
  readonly incomplete: boolean;
  readonly goVersion: GoVersion | null;
  readonly files: readonly BlockFile[];
  readonly wants: readonly Want[];
}

export interface RulePage {
  readonly id: string;
  readonly headings: readonly string[];
  readonly blocks: readonly PageBlock[];
  /** What is wrong with the page itself, with lines. */
  readonly problems: readonly string[];
}

export function parsePage(text: string): RulePage {
  const problems: string[] = [];
  const headings: string[] = [];
  const blocks: PageBlock[] = [];
  let id = "";
  let section = "";
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (line.startsWith("# ")) {
      if (id !== "") problems.push(`line ${i + 1}: a second title`);
      id = line.slice(2).trim();
    } else if (line.startsWith("## ")) {
      section = line.slice(3).trim();
      headings.push(section);
    } else if (line.startsWith("```")) {
      const close = lines.indexOf("```", i + 1);
      if (close < 0) {
        problems.push(`line ${i + 1}: the block is not closed`);
        break;
      }
      const [language, kind = ""] = line.slice(3).trim().split(/\s+/);
      if (language === "go") {
        if (kind !== "" && kind !== "fixed") problems.push(`line ${i + 1}: "go ${kind}" is no kind of block`);
        blocks.push(parseBlock(lines.slice(i + 1, close), section, i + 1, kind === "fixed", problems));
      }
      i = close;
    }
  }
  if (id === "") problems.push("line 1: the page has no title");
  const missing = sections.filter((s) => !headings.includes(s));
  if (missing.length > 0) problems.push(`sections are missing: ${missing.join(", ")}`);
  const known = headings.filter((h): h is (typeof sections)[number] => (sections as readonly string[]).includes(h));
  if (known.some((h, i) => i > 0 && sections.indexOf(h) < sections.indexOf(known[i - 1])))
    problems.push(`sections are out of order: ${known.join(", ")}`);
  if (!blocks.some((b) => b.wants.length > 0)) problems.push("no block shows what the rule finds");
  if (!blocks.some((b) => b.section === "When it stays silent")) problems.push("no block shows when it stays silent");
  return { id, headings, blocks, problems };
}

function parseBlock(lines: string[], section: string, line: number, fixed: boolean, problems: string[]): PageBlock {
  let goVersion: GoVersion | null = null;
  let incomplete = false;
  // Head lines are blanked, not cut: lines of the file stay lines of the block.
  const body = [...lines];
  for (let i = 0; i < body.length; i++) {
    const version = /^\/\/ go 1\.(\d+)$/.exec(body[i]);
    if (version !== null) goVersion = { major: 1, minor: Number(version[1]) };
    else if (body[i] === "// incomplete") incomplete = true;
    else break;
    body[i] = "";
  }
  const files: BlockFile[] = [];
  const wants: Want[] = [];
  let path = "demo.go";
  let start = 0;
  const finish = (end: number): void => {
    const own = body.slice(start, end);
    if (own.every((l) => l.trim() === "")) return;
    own.forEach((l, i) => wants.push(...wantsOf(l, path, i + 1, `line ${line + start + i + 1}`, problems)));
    files.push({ path, text: completed(own, path) });
  };
  for (let i = 0; i < body.length; i++) {
    const name = /^-- (\S+\.go) --$/.exec(body[i]);
    if (name === null) continue;
    finish(i);
    [path, start] = [name[1], i + 1];
  }
  finish(body.length);
  if (fixed && wants.length > 0) problems.push(`line ${line}: a fixed block wants findings`);
  return { section, line, fixed, incomplete, goVersion, files, wants };
}

/** `// want "a" note /b/` at the end of a line. */
function wantsOf(text: string, file: string, line: number, where: string, problems: string[]): Want[] {
  const at = /\/\/ want (.*)$/.exec(text);
  if (at === null) return [];
  const wants: Want[] = [];
  const item = /\s*(?:(error|warning|note)\s+)?(?:"((?:[^"\\]|\\.)*)"|\/((?:[^/\\]|\\.)+)\/)/y;
  let rest = at[1].trimEnd();
  while (rest !== "") {
    item.lastIndex = 0;
    const m = item.exec(rest);
    if (m === null) {
      problems.push(`${where}: cannot read the want: ${rest}`);
      break;
    }
    const pattern = m[2] !== undefined ? m[2].replace(/\\(.)/g, "$1") : new RegExp(m[3], "s");
    wants.push({ file, line, severity: (m[1] as Severity | undefined) ?? null, pattern });
    rest = rest.slice(m[0].length).trimStart();
  }
  return wants;
}

/** Standard packages that blocks may name without importing them. */
const implied = new Map(
  [
    "bufio bytes compress/gzip context database/sql encoding/gob encoding/json encoding/xml errors fmt io io/fs log",
    "log/slog math/rand net net/http net/http/httptest net/smtp net/url os os/exec os/signal path/filepath runtime sort strconv",
    "strings sync sync/atomic syscall testing time archive/zip archive/tar crypto/tls",
  ]
    .join(" ")
    .split(" ")
    .map((path) => [path.slice(path.lastIndexOf("/") + 1), path] as const),
);

/** Adds the package clause and imports that a short block leaves out, all on its first line so that no line moves. */
function completed(lines: readonly string[], path: string): string {
  const text = lines.join("\n");
  if (/^package\s/m.test(text)) return text;
  const folder = path.includes("/") ? path.split("/").at(-2) : "demo";
  const head = text.slice(0, text.search(/^(?:func|type|var|const)\s/m));
  const imported = new Set([...head.matchAll(/"(?:[^"]*\/)?([^"/]+)"/g)].map((m) => m[1]));
  const paths = new Set<string>();
  for (const [, name] of text.matchAll(/(?<![\w."])([a-z]\w*)\.[A-Z]/g)) {
    const found = implied.get(name);
    if (found !== undefined && !imported.has(name)) paths.add(found);
  }
  const imports = [...paths].sort().map((p) => `import "${p}"; `);
  return `package ${folder}; ${imports.join("")}${text}`;
}

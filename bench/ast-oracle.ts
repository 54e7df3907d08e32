/**
 * Compares our parser with go/parser, file by file and node by node.
 *
 *     npx tsx bench/ast-oracle.ts                  GOROOT/src and GOROOT/test
 *     npx tsx bench/ast-oracle.ts DIR|FILE…        these (module cache folders, for example)
 *     npx tsx bench/ast-oracle.ts --modules        the modules of bench/modules.ts, from the module proxy
 *     npx tsx bench/ast-oracle.ts --invalid        Go's suites of invalid syntax: an error where go/parser has one
 *
 * Where go/parser accepts a file, ours must report no problem and yield the same nodes (kind, position, end, what is
 * written, comments, documentation). Where it rejects one, ours must report a problem too; trees are then not compared.
 * Exit code 1 where a valid file differs.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CommentGroup, Node } from "../src/go/syntax/ast.ts";
import { NodeKind } from "../src/go/syntax/ast.ts";
import { commentSource } from "../src/go/syntax/comments.ts";
import { versionProblems } from "../src/go/syntax/gate.ts";
import { parseFile } from "../src/go/syntax/parser.ts";
import { Token, tokenText } from "../src/go/syntax/token.ts";
import { walk } from "../src/go/syntax/walk.ts";
import { moduleFolders } from "./modules.ts";

const here = dirname(fileURLToPath(import.meta.url));
const binary = join(here, ".work", "ast-oracle");

function buildOracle(): void {
  mkdirSync(dirname(binary), { recursive: true });
  execFileSync("go", ["build", "-o", binary, "."], { cwd: join(here, "oracle", "ast"), stdio: "inherit" });
}

function goFiles(path: string, found: string[]): void {
  if (!statSync(path).isDirectory()) {
    found.push(path);
    return;
  }
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const name = join(path, entry.name);
    if (entry.isDirectory()) {
      goFiles(name, found);
    } else if (entry.isFile() && /\.(?:go|go2|src)$/.test(entry.name)) {
      found.push(name);
    }
  }
}

const encoder = new TextEncoder();
const textHashes = new Map<string, number>();

function textHash(text: string): number {
  let hash = textHashes.get(text);
  if (hash === undefined) {
    hash = 2166136261 | 0;
    for (const c of encoder.encode(text)) {
      hash = Math.imul(hash ^ c, 16777619);
    }
    textHashes.set(text, hash);
  }
  return hash;
}

const at = (group: CommentGroup | null): number => (group === null ? -1 : group.pos);

/** The counterpart of `extra` in oracle/ast/main.go. */
function extra(n: Node): number[] {
  switch (n.kind) {
    case NodeKind.Ident:
      return [textHash(n.name)];
    case NodeKind.BasicLit:
      return [textHash(n.value), textHash(tokenText[n.tok])];
    case NodeKind.CompositeLit:
      return [n.lbrace, n.rbrace];
    case NodeKind.IndexExpr:
    case NodeKind.IndexListExpr:
      return [n.lbrack];
    case NodeKind.SliceExpr:
      return [n.lbrack, Number(n.slice3)];
    case NodeKind.TypeAssertExpr:
      return [n.lparen];
    case NodeKind.CallExpr:
      return [n.lparen, n.ellipsis, n.rparen];
    case NodeKind.UnaryExpr:
      return [textHash(tokenText[n.op])];
    case NodeKind.BinaryExpr:
      return [textHash(tokenText[n.op]), n.opPos];
    case NodeKind.KeyValueExpr:
      return [n.colon];
    case NodeKind.ChanType:
      return [n.dir, n.arrow];
    case NodeKind.FuncType:
      return [n.func];
    case NodeKind.EmptyStmt:
      return [Number(n.implicit)];
    case NodeKind.LabeledStmt:
      return [n.colon];
    case NodeKind.SendStmt:
      return [n.arrow];
    case NodeKind.IncDecStmt:
    case NodeKind.AssignStmt:
      return [n.tokPos, textHash(tokenText[n.tok])];
    case NodeKind.BranchStmt:
      return [textHash(tokenText[n.tok])];
    case NodeKind.BlockStmt:
      return [n.rbrace];
    case NodeKind.CaseClause:
      return [n.colon, Number(n.list === null)];
    case NodeKind.CommClause:
      return [n.colon];
    case NodeKind.RangeStmt:
      return [n.tokPos, n.range];
    case NodeKind.GenDecl:
      return [at(n.doc), n.lparen, n.rparen, textHash(tokenText[n.tok])];
    case NodeKind.FuncDecl:
    case NodeKind.ImportSpec:
    case NodeKind.ValueSpec:
    case NodeKind.Field:
      return [at(n.doc)];
    case NodeKind.TypeSpec:
      return [at(n.doc), n.assign];
    case NodeKind.FieldList:
      return [n.opening, n.closing];
    case NodeKind.File: {
      const v = n.goVersion;
      const version = v === null ? "" : v.minor === 0 ? "go1" : `go1.${v.minor}`;
      return [at(n.doc), textHash(version), Number(n.generated)];
    }
    default:
      return [];
  }
}

interface Outcome {
  readonly problem: string;
  readonly nodes: number;
  readonly hash: number;
  readonly bytes: number;
}

/** Parses one file our way; `dump` gets a line per node, as `oracle -v` prints them. */
function ours(path: string, dump?: string[]): Outcome {
  const src = readFileSync(path);
  const file = parseFile(path, src);
  const problems = [...file.problems, ...versionProblems(file, { major: 1, minor: 26 }).filter((p) => p.syntax)];
  let hash = 2166136261 | 0;
  let nodes = 0;
  const add = (v: number): void => {
    hash = Math.imul(hash ^ v, 16777619);
  };
  walk(file, (n) => {
    nodes++;
    const more = extra(n);
    add(n.kind);
    add(n.pos);
    add(n.end);
    more.forEach(add);
    dump?.push(`${NodeKind[n.kind]} ${n.pos} ${n.end} [${more.join(" ")}]`);
  });
  for (const group of file.comments) {
    add(group.pos);
    dump?.push(`CommentGroup ${group.pos} ${group.list.length}`);
    for (const comment of group.list) {
      add(comment.pos);
      add(textHash(commentSource(src, comment)));
    }
  }
  textHashes.clear();
  const problem = problems.length === 0 ? "" : `${problems[0].pos}: ${problems[0].message}`;
  return { problem, nodes, hash: hash >>> 0, bytes: src.length };
}

function firstDifference(path: string): string {
  const theirs = spawnSync(binary, ["-v"], { input: `${path}\n`, maxBuffer: 1 << 30 })
    .stdout.toString()
    .split("\n");
  const dump: string[] = [];
  ours(path, dump);
  const i = dump.findIndex((line, k) => line !== theirs[k]);
  return `node ${i}: go/parser "${theirs[i]}", ours "${dump[i]}"`;
}

/** What these files expect of errors does not matter here: go/parser is the judge. */
function invalidSuites(goroot: string): string[] {
  return [
    "src/go/parser/testdata",
    "src/cmd/compile/internal/syntax/testdata",
    "src/internal/types/testdata",
    "src/go/types/testdata",
    "src/cmd/gofmt/testdata",
    "src/cmd/go/testdata",
    "test",
  ].map((dir) => join(goroot, dir));
}

function main(): void {
  buildOracle();
  const args = process.argv.slice(2);
  const goroot = execFileSync("go", ["env", "GOROOT"]).toString().trim();
  const invalid = args.includes("--invalid");
  let roots = args;
  if (invalid) {
    roots = invalidSuites(goroot);
  } else if (args.includes("--modules")) {
    roots = moduleFolders();
  } else if (args.length === 0) {
    roots = [join(goroot, "src"), join(goroot, "test")];
  }
  const files: string[] = [];
  for (const root of roots) {
    goFiles(root, files);
  }
  const judged = spawnSync(binary, [], { input: `${files.join("\n")}\n`, maxBuffer: 1 << 30 });
  const lines = judged.stdout.toString().split("\n");
  let valid = 0;
  let nodes = 0;
  let bytes = 0;
  let rejected = 0;
  let agreed = 0;
  let different = 0;
  let shown = 0;
  const show = (text: string): void => {
    if (shown++ < 40) {
      console.log(text);
    }
  };
  files.forEach((path, i) => {
    const [verdict, count, hash, message] = lines[i].split("\t");
    const mine = ours(path);
    if (verdict === "error") {
      rejected++;
      if (mine.problem !== "") {
        agreed++;
      } else {
        show(`${path}\n  accepted; go/parser: ${message}`);
      }
      return;
    }
    valid++;
    nodes += mine.nodes;
    bytes += mine.bytes;
    if (mine.problem !== "") {
      different++;
      show(`${path}\n  valid, but reported ${mine.problem}`);
    } else if (Number(count) !== mine.nodes || Number(hash) !== mine.hash) {
      different++;
      show(`${path}\n  ${firstDifference(path)}`);
    }
  });
  console.log(
    `valid: ${valid} files, ${(bytes / 1e6).toFixed(1)} MB, ${nodes} nodes, ${different} files differ\n` +
      `invalid: ${rejected} files, ${agreed} reported by us too` +
      (rejected > 0 ? ` (${((100 * agreed) / rejected).toFixed(2)} %)` : ""),
  );
  process.exitCode = different > 0 ? 1 : 0;
}

// Token is a numeric enum whose names are used through tokenText; this keeps the two in step.
if (tokenText[Token.Var] !== "var") {
  throw new Error("tokenText and Token are out of step");
}
main();

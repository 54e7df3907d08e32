/** Declares the commands that read source. Only options here: the work is in modules loaded on call. */
import { InvalidArgumentError, type Command } from "commander";

function oneOf(...words: string[]): (text: string) => string {
  return (text) => {
    if (!words.includes(text)) throw new InvalidArgumentError(`one of ${words.join(", ")}`);
    return text;
  };
}

const formats = ["text", "json", "sarif", "github", "gitlab", "junit", "checkstyle", "html"];

function whole(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || n > 256) throw new InvalidArgumentError("a whole number from 0 to 256");
  return n;
}

/** `a,b c` and repeated flags alike. */
function list(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(/[\s,]+/).filter((w) => w !== "")];
}

function again(text: string, before: string[] = []): string[] {
  return [...before, text];
}

export function registerSource(program: Command): void {
  program
    .command("check")
    .description("find resource leaks in Go source; exits with 1 where there are errors or warnings")
    .argument(
      "[patterns...]",
      "packages as for the go command: ./..., ./cmd/api, an import path, a file (default: ./...)",
    )
    .option("--format <format>", formats.join(", "), oneOf(...formats), "text")
    .option("-o, --output <file>", "write the report to a file")
    .option("--rules <ids>", "run these rules only (comma-separated)", list)
    .option("--disable <ids>", "leave these rules out", list)
    .option(
      "--severity <level>",
      "show findings from this severity on: note, warning, error",
      oneOf("note", "warning", "error"),
      "note",
    )
    .option(
      "--fail-on <level>",
      "exit with 1 from this severity on: note, warning, error, never",
      oneOf("note", "warning", "error", "never"),
      "warning",
    )
    .option("--fix", "mend what can be mended, then report the rest (in CI: print what would change)")
    .option("--diff", "print what --fix would change, and change nothing")
    .option("--baseline <file>", "leave out findings that this file lists")
    .option("--update-baseline", "write what is found now to the baseline, and forget what is fixed")
    .option("--shrink-baseline", "take out of the baseline what is fixed, and add nothing")
    .option("--new-from <rev>", "report only what is new since this revision of the git repository")
    .option("--new-from-merge-base <rev>", "the same since the last commit that HEAD and this revision share")
    .option(
      "--with-evidence <target>",
      "a bundle, address, pid or name of stanch.yaml: findings that bleed there come first (again for more)",
      again,
    )
    .option("--config <file>", "use this stanch.yaml (default: the nearest here or above)")
    .option("--no-config", "use none")
    .option("--explain-config", "show what is in force and why, and check nothing")
    .option("--watch", "check again whenever a source changes")
    .option(
      "--debug-function <name>",
      "print a function's control flow, what is owed at each block, and the answers used",
    )
    .option("--tests", "analyse _test.go files too")
    .option("--generated", "report in generated files too")
    .option("--show-suppressed", "show what //stanch:ignore comments suppress")
    .option("--tags <tags>", "build tags", list)
    .option("--goos <os>", "analyse for this operating system")
    .option("--goarch <arch>", "analyse for this architecture")
    .option("--mod <mode>", "mod, readonly or vendor, as for the go command", oneOf("mod", "readonly", "vendor"))
    .option("--jobs <n>", "worker threads (0: none)", whole)
    .option("--no-cache", "neither read nor write the cache")
    .option("--stats", "print what was analysed to stderr")
    .option("--timings", "print where the time went to stderr")
    .action(async (patterns, flags) => (await import("./check.ts")).run(patterns, flags));

  program
    .command("init")
    .description("write a commented stanch.yaml that fits this repository")
    .option("--force", "replace one that is there")
    .option("--print", "print it instead")
    .option("--schema", "print the JSON Schema of stanch.yaml")
    .action(async (flags) => (await import("./init.ts")).run(flags));

  program
    .command("why")
    .description(
      "say what the analysis knows of one line: what is acquired there, where it goes, why it is or is not reported",
    )
    .argument("<place>", "FILE:LINE")
    .option("--config <file>", "use this stanch.yaml")
    .option("--no-config", "use none")
    .option("--tests", "analyse _test.go files too")
    .option("--tags <tags>", "build tags", list)
    .action(async (place, flags) => (await import("./why.ts")).run(place, flags));

  program
    .command("lsp")
    .description("the language server, for editors (docs/editors.md)")
    .option("--stdio", "speak on stdin and stdout (there is no other way)")
    .action(async () => (await import("./lsp.ts")).run());

  program
    .command("explain")
    .description(
      "show the page of a rule or of one of the eight cases: what it is, why it leaks, how to fix it; without one, list them all",
    )
    .argument("[rule or case]", "a rule's id, a case's name or number (1 to 8)")
    .option("--markdown", "print the page as it is written")
    .action(async (rule, flags) => (await import("./explain.ts")).run(rule, flags));
}

/**
 * `go vet -vettool=$(command -v stanch) ./...`: the protocol by which the go command runs an analyser on one package at a time
 * (cmd/go/internal/work, golang.org/x/tools/go/analysis/unitchecker).
 *
 *     stanch -V=full        one line whose last word identifies this build: part of the key in Go's build cache
 *     stanch -flags         the flags that `go vet` may pass on, as JSON
 *     stanch [-json] x.cfg  analyse the package that the file describes; exit 1 where something is found
 *
 * The facts file that is asked of every package holds a hash of its sources and of its imports' facts: what a function does is read from
 * its body, wherever it is, so that Go must ask again when a body below has changed.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { messageOf, UsageError } from "../base/errors.ts";
import { toolVersion } from "./version.ts";

/** What of a vet.cfg counts here. */
interface VetConfig {
  readonly ID: string;
  readonly Dir: string;
  readonly ImportPath: string;
  readonly GoFiles: readonly string[];
  readonly Standard: Readonly<Record<string, boolean>>;
  readonly PackageVetx: Readonly<Record<string, string>>;
  readonly VetxOnly: boolean;
  readonly VetxOutput: string;
  readonly Stdout: string;
}

export async function vet(args: readonly string[]): Promise<number> {
  if (args[0] === "-V=full") {
    const { buildStamp } = await import("./check-settings.ts");
    process.stdout.write(`stanch version devel ${toolVersion()} buildID=stanch/${buildStamp()}${configHash()}\n`);
    return 0;
  }
  if (args[0] === "-flags") {
    process.stdout.write(`${JSON.stringify([{ Name: "json", Bool: true, Usage: "print findings as JSON" }])}\n`);
    return 0;
  }
  const path = args[args.length - 1];
  let cfg: VetConfig;
  try {
    cfg = JSON.parse(readFileSync(path, "utf8")) as VetConfig;
  } catch (e) {
    throw new UsageError(`cannot read ${path}: ${messageOf(e)}`);
  }
  if (typeof cfg.ImportPath !== "string" || !Array.isArray(cfg.GoFiles))
    throw new UsageError(`${path} is no configuration of go vet`);
  if (cfg.VetxOutput !== "") writeFileSync(cfg.VetxOutput, factsOf(cfg));
  // The test variant of a package has its files again, and external tests are not production code.
  if (cfg.VetxOnly || /(?:_test|\.test)$/.test(cfg.ImportPath.replace(/ \[.*$/, ""))) return 0;
  return analyse(cfg, args.includes("-json"));
}

async function analyse(cfg: VetConfig, json: boolean): Promise<number> {
  const [{ check }, { settingsOf }] = await Promise.all([import("../check/run.ts"), import("./check-settings.ts")]);
  const outcome = await check(cfg.Dir, { ...settingsOf(["."], {}).options, jobs: 0 });
  const files = new Set(cfg.GoFiles);
  const findings = outcome.findings.filter(
    (f) => !f.suppressed && f.severity !== "note" && files.has(join(outcome.root, f.file)),
  );
  for (const p of outcome.faults > 0 ? outcome.problems : []) process.stderr.write(`stanch: ${p.file}: ${p.message}\n`);
  if (json) {
    const byRule: Record<string, { posn: string; message: string }[]> = {};
    for (const f of findings)
      (byRule[f.rule] ??= []).push({
        posn: `${join(outcome.root, f.file)}:${f.line}:${f.column}`,
        // The go command prints messages alone, also where nobody asked for JSON (since Go 1.26).
        message: `${f.message} (${f.rule})`,
      });
    const text = `${JSON.stringify({ [cfg.ID]: byRule }, null, "\t")}\n`;
    if (cfg.Stdout) writeFileSync(cfg.Stdout, text);
    else process.stdout.write(text);
    return outcome.faults > 0 ? 3 : 0;
  }
  for (const f of findings) {
    const shown = relative(process.cwd(), join(outcome.root, f.file)).split(sep).join("/");
    process.stderr.write(`${shown}:${f.line}:${f.column}: ${f.message} (${f.rule})\n`);
  }
  return outcome.faults > 0 ? 3 : findings.length > 0 ? 1 : 0;
}

function factsOf(cfg: VetConfig): string {
  const hash = createHash("sha256").update(cfg.ID);
  for (const file of cfg.GoFiles) {
    hash.update(file);
    try {
      hash.update(readFileSync(file));
    } catch {
      // generated into a folder that is gone: its name stands for it
    }
  }
  for (const path of Object.keys(cfg.PackageVetx ?? {}).sort()) {
    hash.update(path);
    try {
      hash.update(readFileSync(cfg.PackageVetx[path]));
    } catch {
      // the go command knows it all the same
    }
  }
  return hash.digest("hex");
}

/** The nearest stanch.yaml decides what is found: another one is another tool. */
function configHash(): string {
  for (let dir = process.cwd(); ; dir = dirname(dir)) {
    try {
      return `-${createHash("sha256")
        .update(readFileSync(join(dir, "stanch.yaml")))
        .digest("hex")
        .slice(0, 16)}`;
    } catch {
      if (dirname(dir) === dir) return "";
    }
  }
}

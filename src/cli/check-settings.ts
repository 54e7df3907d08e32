/** From flags and stanch.yaml to what a check is told: which rules, which configuration, which cache. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { CacheOptions } from "../check/cache.ts";
import { ignorePages } from "../check/ignore-pages.ts";
import { Policy } from "../check/policy.ts";
import type { CheckOptions } from "../check/run.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { Severity } from "../diag/finding.ts";
import type { ModMode } from "../go/load/options.ts";
import { rules, rulesById } from "../rules/registry.ts";
import type { Format } from "./formats.ts";
import { toolVersion } from "./version.ts";

/** Flags that decide what is analysed; commands beside `check` have them too. */
export interface SourceFlags {
  /** A path, or false for none. */
  readonly config?: string | false;
  readonly rules?: readonly string[];
  readonly disable?: readonly string[];
  readonly tests?: boolean;
  readonly generated?: boolean;
  readonly tags?: readonly string[];
  readonly goos?: string;
  readonly goarch?: string;
  readonly mod?: ModMode;
  readonly jobs?: number;
  readonly cache?: boolean;
}

export interface CheckFlags extends SourceFlags {
  readonly format: Format;
  readonly output?: string;
  readonly severity: Severity;
  readonly failOn: Severity | "never";
  readonly fix?: boolean;
  readonly diff?: boolean;
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly shrinkBaseline?: boolean;
  readonly newFrom?: string;
  readonly newFromMergeBase?: string;
  readonly showSuppressed?: boolean;
  /** Pids, addresses, names of stanch.yaml, bundles. */
  readonly withEvidence?: readonly string[];
  readonly stats?: boolean;
  readonly timings?: boolean;
  readonly explainConfig?: boolean;
  readonly watch?: boolean;
  readonly debugFunction?: string;
}

export interface Settings {
  readonly config: Config | null;
  /** Everything but what the caller adds: signal, progress. */
  readonly options: CheckOptions;
}

/** @throws UsageError for unknown rules and a configuration that cannot be used. */
export function settingsOf(patterns: readonly string[], flags: SourceFlags): Settings {
  const config = configOf(flags);
  return {
    config,
    options: {
      patterns: patterns.length === 0 ? ["./..."] : patterns,
      rules: chosenRules(flags, config),
      load: {
        ...(flags.tests === true ? { tests: true } : {}),
        ...(flags.tags === undefined ? {} : { tags: flags.tags }),
        ...(flags.goos === undefined ? {} : { goos: flags.goos }),
        ...(flags.goarch === undefined ? {} : { goarch: flags.goarch }),
        ...(flags.mod === undefined ? {} : { mod: flags.mod }),
      },
      generated: flags.generated === true,
      config,
      ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
      cache: flags.cache === false ? null : cacheOptions(),
    },
  };
}

export function configOf(flags: Pick<SourceFlags, "config">): Config | null {
  if (flags.config === false) return null;
  return loadConfig(process.cwd(), {
    ...(flags.config === undefined ? {} : { path: flags.config }),
    rules: [...rulesById.keys(), ...ignorePages.keys()],
  });
}

/** In the order of their ids; those that are off wherever one looks do not run. */
export function chosenRules(flags: Pick<SourceFlags, "rules" | "disable">, config: Config | null): string[] {
  for (const id of [...(flags.rules ?? []), ...(flags.disable ?? [])]) {
    if (rulesById.has(id) || (ignorePages.has(id) && flags.disable?.includes(id) === true)) continue;
    const like = nearest(id, rulesById.keys());
    throw new UsageError(
      `no rule is called ${id}; ${like === null ? '"stanch explain" lists them' : `did you mean ${like}?`}`,
    );
  }
  const disabled = new Set(flags.disable);
  const policy = new Policy(config);
  const wanted = new Set(flags.rules ?? rules.map((r) => r.id));
  const chosen = [...wanted].filter((id) => !disabled.has(id) && !policy.isOff(id));
  if (chosen.length === 0)
    throw new UsageError(
      flags.disable === undefined && config !== null
        ? `no rule is left to run: ${config.file} turns ${[...wanted].join(", ")} off`
        : "no rule is left to run; name fewer with --disable",
    );
  return chosen;
}

/** $STANCH_CACHE (or `off`), else the user's cache folder. Run from source, there is none: the code may change at any time. */
function cacheOptions(): CacheOptions | null {
  const { STANCH_CACHE: own = "", XDG_CACHE_HOME: xdg = "" } = process.env;
  const code = fileURLToPath(import.meta.url);
  if (own === "off" || code.endsWith(".ts")) return null;
  const dir = own !== "" ? resolve(own) : join(isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "stanch");
  return { dir, identity: `${toolVersion()} ${buildStamp(code)}` };
}

/** The code that runs, as a hash: two builds of one version are not the same tool. (2 MB: some 5 ms.) */
export function buildStamp(code = fileURLToPath(import.meta.url)): string {
  const here = dirname(code);
  const folders = [here, here.endsWith("chunks") ? dirname(here) : join(here, "chunks")];
  const hash = createHash("sha256");
  for (const dir of folders.sort()) {
    try {
      for (const name of readdirSync(dir).sort())
        if (name.endsWith(".mjs")) hash.update(name).update(readFileSync(join(dir, name)));
    } catch {
      // a bundle of one file
    }
  }
  return hash.digest("hex");
}

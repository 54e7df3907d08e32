/** Which `stanch.yaml` is in force: the one named, or the nearest above a folder up to the repository's top. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { messageOf, UsageError } from "../base/errors.ts";
import type { Config } from "./config.ts";
import { parseConfig } from "./parse.ts";

/** Names that count, in this order. */
export const fileNames: readonly string[] = ["stanch.yaml", ".stanch.yaml", "stanch.yml", ".stanch.yml"];

export interface LoadConfigOptions {
  /** Use this file. */
  readonly path?: string;
  /** Ids of the rules there are, so that unknown ones are errors. */
  readonly rules?: Iterable<string>;
}

/** Null where there is none. @throws UsageError (ConfigError) where there is one that cannot be used. */
export function loadConfig(dir: string, options: LoadConfigOptions = {}): Config | null {
  const file = options.path === undefined ? findConfig(dir) : resolve(dir, options.path);
  if (file === null) return null;
  const near = relative(dir, file);
  const shown = near.startsWith("..") ? file : near;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (e) {
    throw new UsageError(`cannot read ${shown}: ${e instanceof TypeError ? "it is not UTF-8" : messageOf(e)}`);
  }
  return parseConfig(text, { file, ...(options.rules === undefined ? {} : { rules: options.rules }) }, shown);
}

/** The file that counts for a folder: its own or the nearest above, not beyond the top of a repository. */
export function findConfig(dir: string): string | null {
  for (let at = resolve(dir); ; at = dirname(at)) {
    const here = fileNames.map((n) => join(at, n)).filter(isFile);
    if (here.length > 1)
      throw new UsageError(`${at} has ${here.map((f) => relative(at, f)).join(" and ")}: one of them is too many`);
    if (here.length === 1) return here[0];
    if (existsSync(join(at, ".git")) || dirname(at) === at) return null;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Which of the shipped examples the demo runs: what this machine has the tools for. */
import { join } from "node:path";
import { packageRoot } from "../demo/shipped.ts";
import type { Server } from "../demo/toolchain.ts";

export interface Part {
  readonly name: string;
  /** Folder of the module, absolute. */
  readonly module: string;
  /** Of the package below the module. */
  readonly pkg: string;
  readonly leaks: boolean;
  readonly what: string;
  readonly needs: readonly Server[];
  /** Needs modules from the cache or a proxy. */
  readonly thirdParty: boolean;
  /** What is run in its place where it cannot be. */
  readonly otherwise?: Part;
}

const cases = join(packageRoot, "examples/cases");
const plain = join(packageRoot, "examples");

export const parts: readonly Part[] = [
  {
    name: "never-done",
    module: cases,
    pkg: "never-done/leaky",
    leaks: true,
    what: "goroutines that wait for what never comes (case 6)",
    needs: [],
    thirdParty: false,
  },
  {
    name: "never-done, mended",
    module: cases,
    pkg: "never-done/fixed",
    leaks: false,
    what: "its twin",
    needs: [],
    thirdParty: false,
  },
  {
    name: "http-client",
    module: cases,
    pkg: "http-client/leaky",
    leaks: true,
    what: "HTTP connections left behind, beside a PostgreSQL pool (case 1)",
    needs: ["postgresql"],
    thirdParty: true,
    otherwise: {
      name: "http-body-unclosed",
      module: plain,
      pkg: "http-body-unclosed/leaky",
      leaks: true,
      what: "HTTP answers that are never closed",
      needs: [],
      thirdParty: false,
    },
  },
  {
    name: "redis-client",
    module: cases,
    pkg: "redis-client/leaky",
    leaks: true,
    what: "Redis clients and subscriptions never closed (case 4)",
    needs: ["redis"],
    thirdParty: true,
  },
];

/** What was recorded: parts whose findings need no module but the standard library. */
export const recordedParts: readonly Part[] = [
  ...parts.filter((p) => p.name !== "redis-client"),
  {
    name: "sql-pool",
    module: cases,
    pkg: "sql-pool/leaky",
    leaks: true,
    what: "a database/sql pool that loses its connections (case 2)",
    needs: ["postgresql"],
    thirdParty: true,
  },
];

export interface Recorded {
  /** "go1.26.8", "linux", "2026-11-26" */
  readonly go: string;
  readonly os: string;
  readonly date: string;
}

/** Where the recordings are. */
export const recordedFolder = join(packageRoot, "examples/recorded");

/** A part's bundles: two looks, a few seconds apart. */
export function bundlesOf(part: Part): readonly [string, string] {
  const name = part.pkg.replace("/", "-");
  return [join(recordedFolder, `${name}-1.tgz`), join(recordedFolder, `${name}-2.tgz`)];
}

/** The modules that the parts are of. */
export const roots: readonly string[] = [cases, plain];

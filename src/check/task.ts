/** What crosses between the thread that plans and those that analyse. */
import type { Declared } from "../go/knowledge/declared.ts";
import type { Overlay } from "../go/load/overlay.ts";
import type { LoadOptions } from "../go/load/options.ts";
import type { PackageResult } from "./result.ts";

/** How a thread is set up: enough to load the same packages and run the same rules. */
export interface WorkerSetup {
  readonly dir: string;
  readonly load: Omit<LoadOptions, "fs">;
  /** Ids of the rules that run. */
  readonly rules: readonly string[];
  readonly generated: boolean;
  readonly unsure?: boolean;
  readonly declared: Declared;
  /** Bytes of source that a thread may hold before it starts over. */
  readonly budget: number;
  /** Try fixes; without it there are none. Default: true. */
  readonly fixes?: boolean;
  /** Files that are other than on the disk. */
  readonly overlay?: Overlay;
}

/** One package, named so that another loader finds the same one. */
export interface Task {
  readonly dir: string;
  /** The external test package of the folder. */
  readonly external: boolean;
}

export type ToWorker = { readonly index: number; readonly task: Task };
export type FromWorker = { readonly index: number; readonly result: PackageResult };

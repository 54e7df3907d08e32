/**
 * What the loader hands to the type layer: a Go package as it lies on disk, not yet read.
 *
 * A package is named by its import path and by who imports it: `vendor` folders, `replace` and workspaces make one
 * path mean different folders for different importers. Packages are compared by identity; the loader makes one object per
 * folder and variant.
 */
import type { GoVersion } from "../syntax/ast.ts";

export interface GoModule {
  /** Module path of the `module` line; "std" for the standard library. */
  readonly path: string;
  /** Empty for main modules and for the standard library. */
  readonly version: string;
  readonly dir: string;
  /** The `go` line, or the default that the go command takes where there is none (go 1.16). */
  readonly goVersion: GoVersion;
  /** A main module: named by the working directory's go.mod or go.work. */
  readonly main: boolean;
}

export interface GoPackage {
  /** Import path; an external test package ends in "_test". */
  readonly path: string;
  /** Absolute folder; for bundled standard library stubs, `stdlib:PATH`. */
  readonly dir: string;
  /** Absolute file names in lexical order, build constraints applied; with in-package test files where asked for. */
  readonly files: readonly string[];
  readonly module: GoModule | null;
  /** The folder of its module, or of the tree without modules that it lies in; null or undefined where it is not known to lie in one. */
  readonly top?: string | null;
  readonly standard: boolean;
  /** Only the exported API is known: the bundled index stands in for a missing GOROOT. */
  readonly stub: boolean;
  /**
   * In-package test files are among `files`. There is one object per folder, so importers see them too; packages can then import
   * each other in a circle (a's tests import b, b's tests import a), which a demand-driven type layer does not mind.
   */
  readonly tests: boolean;
}

/** The seam between loading and typing. Both calls are synchronous and memoised: typing is demand-driven. */
export interface PackageSource {
  /** The package that `path` means inside `from`; null where it cannot be found (its names are unknown then). */
  resolve(path: string, from: GoPackage): GoPackage | null;
  /** The bytes of one file. Throws an Error with a one-line message where it cannot be read. */
  read(file: string): Uint8Array;
}

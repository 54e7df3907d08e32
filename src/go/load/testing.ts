/** For tests: trees of files in temporary folders, with a tiny Go distribution where one is wanted. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Loader } from "./loader.ts";
import type { LoadOptions } from "./options.ts";

/** Path → text, or a link. Paths below "go/" make up the distribution, those below "cache/" the module cache. */
export type Tree = Readonly<Record<string, string | { readonly link: string }>>;

const made: string[] = [];

export function makeTree(files: Tree): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "stanch-load-")));
  made.push(root);
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof content === "string") writeFileSync(file, content);
    else symlinkSync(content.link, file);
  }
  return root;
}

export function removeTrees(): void {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
}

export const TINY_GO: Tree = {
  "go/VERSION": "go1.26.8\ntime 2026-08-28T16:20:06Z\n",
  "go/src/runtime/r.go": "package runtime\n",
  "go/src/fmt/print.go": 'package fmt\nimport "io"\n',
  "go/src/io/io.go": "package io\n",
  "go/src/net/http/http.go": 'package http\nimport ("io"; "golang.org/x/net/idna")\n',
  "go/src/vendor/golang.org/x/net/idna/idna.go": "package idna\n",
  "go/src/cmd/go.mod": "module cmd\n",
  "go/src/cmd/go/main.go": 'package main\nimport ("fmt"; "golang.org/x/mod")\n',
  "go/src/cmd/vendor/golang.org/x/mod/mod.go": "package mod\n",
};

/** A loader in `root`/`at` that sees nothing of this machine but the tree. */
export function open(root: string, at = ".", options: LoadOptions = {}): Loader {
  const { env, ...rest } = options;
  return Loader.open(join(root, at), {
    goos: "linux",
    goarch: "amd64",
    cgo: true,
    ...rest,
    env: { HOME: join(root, "home"), PATH: "", GOROOT: join(root, "go"), GOMODCACHE: join(root, "cache"), ...env },
  });
}

/** "path: a.go b.go" for each package that the patterns match. */
export function listing(loader: Loader, ...patterns: string[]): string[] {
  return loader
    .match(patterns)
    .packages.map((p) => `${p.path}: ${p.files.map((f) => f.slice(p.dir.length + 1)).join(" ")}`);
}

/** Problems as "file:line:column message", relative to `root`. */
export function problems(loader: Loader, root: string, ...patterns: string[]): string[] {
  return loader
    .match(patterns)
    .problems.map(
      (p) => `${p.file.replace(`${root}/`, "")}:${p.line}:${p.column} ${p.message.replaceAll(`${root}/`, "")}`,
    );
}

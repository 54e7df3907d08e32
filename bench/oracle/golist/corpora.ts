/** Real modules for the loader's oracle, and how writable copies of them are made from the module proxy. */
import { execFileSync, type ExecFileSyncOptions } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export type Env = Readonly<Record<string, string>>;

/** One comparison: the same patterns in the same folder under the same environment, asked of both. */
export interface Case {
  readonly name: string;
  readonly dir: string;
  readonly patterns: readonly string[];
  readonly env: Env;
}

const GO: ExecFileSyncOptions = { stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 30 };

function go(dir: string, args: string[], env: Env = {}): string {
  return String(
    execFileSync("go", args, { ...GO, cwd: dir, env: { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "", ...env } }),
  );
}

/** Copies the folder of a downloaded module, writable. */
function take(module: string, to: string): void {
  if (existsSync(join(to, "go.mod"))) return;
  const { Dir } = JSON.parse(go(process.cwd(), ["mod", "download", "-json", module], { GOWORK: "off" })) as {
    Dir: string;
  };
  mkdirSync(dirname(to), { recursive: true });
  cpSync(Dir, to, { recursive: true });
  execFileSync("chmod", ["-R", "u+w", to]);
}

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

const ETCD = ["api", "client/pkg", "client/v3", "pkg", "server", "etcdctl", "etcdutl"];

/** Makes every corpus below `root`; what is there is left alone. Progress on stderr. */
export function prepare(root: string): void {
  const at = (name: string): string => join(root, name);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);

  say("grpc");
  take("google.golang.org/grpc@v1.85.0", at("grpc"));
  go(at("grpc"), ["mod", "download"]);
  say("prometheus");
  take("github.com/prometheus/prometheus@v0.316.0", at("prometheus"));
  // Its other workspace modules are not in the published zip.
  rmSync(join(at("prometheus"), "go.work"), { force: true });
  go(at("prometheus"), ["mod", "download"]);
  say("moby");
  take("github.com/moby/moby/v2@v2.0.0-beta.24", at("moby"));
  go(at("moby"), ["mod", "download"]);

  say("etcd: a workspace of seven modules");
  for (const m of ETCD) take(`go.etcd.io/etcd/${m.replace(/\/v3$/, "")}/v3@v3.7.3`, join(at("etcd"), m));
  writeFileSync(join(at("etcd"), "go.work"), `go 1.26.0\n\nuse (\n${ETCD.map((m) => `\t./${m}\n`).join("")})\n`);
  go(at("etcd"), ["mod", "download"]);

  kubernetes(root);

  say("grpc vendored");
  const vendored = at("grpc-vendor");
  if (!existsSync(join(vendored, "vendor", "modules.txt"))) {
    take("google.golang.org/grpc@v1.85.0", vendored);
    go(vendored, ["mod", "vendor"]);
  }
  say("etcd vendored as a workspace");
  const etcdVendored = at("etcd-vendor");
  if (!existsSync(join(etcdVendored, "vendor", "modules.txt"))) {
    cpSync(at("etcd"), etcdVendored, { recursive: true });
    go(etcdVendored, ["work", "vendor"]);
  }
  say("grpc as a GOPATH tree");
  const tree = join(at("gopath"), "src", "google.golang.org", "grpc");
  if (!existsSync(tree)) {
    cpSync(vendored, tree, { recursive: true });
    rmSync(join(tree, "go.mod"));
    rmSync(join(tree, "vendor", "modules.txt"));
  }
  say("a module from before graph pruning (go 1.12)");
  const old = at("old");
  if (!existsSync(join(old, "go.mod"))) {
    take("github.com/hashicorp/memberlist@v0.2.4", old);
    go(old, ["mod", "download"]);
  }
}

/** kubernetes with its staging modules below `root`, made where it is not there yet. The folder. */
export function kubernetes(root: string): string {
  process.stderr.write("kubernetes with its staging modules: a workspace of 32 modules\n");
  const k8s = join(root, "kubernetes");
  take("k8s.io/kubernetes@v1.34.0", k8s);
  const named = [...readFileSync(join(k8s, "go.mod"), "utf8").matchAll(/=> \.\/staging\/src\/k8s\.io\/(\S+)/g)].map(
    (m) => m[1],
  );
  for (const name of named)
    try {
      take(`k8s.io/${name}@v0.34.0`, join(k8s, "staging", "src", "k8s.io", name));
    } catch {
      process.stderr.write(`k8s.io/${name} is not served here: left out\n`);
      const lines = new RegExp(`.*/${name}\\b.*\\n`, "g");
      for (const file of ["go.mod", "go.work"]) edit(join(k8s, file), (text) => text.replace(lines, ""));
    }
  go(k8s, ["mod", "download"]);
  return k8s;
}

export function cases(root: string): Case[] {
  const at = (...parts: string[]): string => join(root, ...parts);
  const goroot = go(process.cwd(), ["env", "GOROOT"]).trim();
  const all = ["./..."];
  const linux: Env = {};
  const made: Case[] = [
    { name: "grpc", dir: at("grpc"), patterns: all, env: linux },
    { name: "grpc windows/amd64", dir: at("grpc"), patterns: all, env: { GOOS: "windows", GOARCH: "amd64" } },
    { name: "grpc darwin/arm64", dir: at("grpc"), patterns: all, env: { GOOS: "darwin", GOARCH: "arm64" } },
    { name: "grpc js/wasm", dir: at("grpc"), patterns: all, env: { GOOS: "js", GOARCH: "wasm" } },
    { name: "grpc vendored", dir: at("grpc-vendor"), patterns: all, env: linux },
    { name: "grpc vendored -mod=mod", dir: at("grpc-vendor"), patterns: all, env: { GOFLAGS: "-mod=mod" } },
    {
      name: "grpc by import path",
      dir: at("grpc"),
      patterns: ["google.golang.org/grpc/internal/...", "google.golang.org/protobuf/..."],
      env: linux,
    },
    { name: "grpc all", dir: at("grpc"), patterns: ["all"], env: linux },
    { name: "prometheus", dir: at("prometheus"), patterns: all, env: linux },
    {
      name: "prometheus tags",
      dir: at("prometheus"),
      patterns: all,
      env: { GOFLAGS: "-tags=stringlabels,remove_all_sd" },
    },
    { name: "prometheus freebsd/arm", dir: at("prometheus"), patterns: all, env: { GOOS: "freebsd", GOARCH: "arm" } },
    { name: "moby", dir: at("moby"), patterns: all, env: linux },
    { name: "moby no cgo", dir: at("moby"), patterns: all, env: { CGO_ENABLED: "0" } },
    { name: "moby windows", dir: at("moby"), patterns: all, env: { GOOS: "windows" } },
    { name: "etcd workspace", dir: at("etcd"), patterns: ETCD.map((m) => `./${m}/...`), env: linux },
    { name: "etcd server, GOWORK=off", dir: at("etcd", "server"), patterns: all, env: { GOWORK: "off" } },
    { name: "etcd workspace vendored", dir: at("etcd-vendor"), patterns: ETCD.map((m) => `./${m}/...`), env: linux },
    { name: "kubernetes", dir: at("kubernetes"), patterns: all, env: linux },
    { name: "kubernetes with staging", dir: at("kubernetes"), patterns: ["./...", "k8s.io/..."], env: linux },
    {
      name: "kubectl alone",
      dir: at("kubernetes", "staging", "src", "k8s.io", "kubectl"),
      patterns: all,
      env: { GOWORK: "off" },
    },
    { name: "kubernetes windows", dir: at("kubernetes"), patterns: all, env: { GOOS: "windows" } },
    { name: "go 1.12 module", dir: at("old"), patterns: all, env: linux },
    {
      name: "GOPATH tree",
      dir: at("gopath", "src", "google.golang.org", "grpc"),
      patterns: all,
      env: { GO111MODULE: "off", GOPATH: at("gopath") },
    },
    { name: "std from outside", dir: at("grpc"), patterns: ["std"], env: linux },
    { name: "std and cmd", dir: at("grpc"), patterns: ["std", "cmd"], env: linux },
    { name: "std in place", dir: join(goroot, "src"), patterns: all, env: linux },
    { name: "cmd in place", dir: join(goroot, "src", "cmd"), patterns: ["./go/..."], env: linux },
  ];
  for (const [goos, goarch] of [
    ["windows", "amd64"],
    ["darwin", "arm64"],
    ["js", "wasm"],
    ["wasip1", "wasm"],
    ["linux", "386"],
    ["linux", "arm"],
    ["linux", "riscv64"],
    ["linux", "s390x"],
    ["linux", "ppc64le"],
    ["linux", "mipsle"],
    ["android", "arm64"],
    ["ios", "arm64"],
    ["illumos", "amd64"],
    ["aix", "ppc64"],
    ["plan9", "amd64"],
    ["openbsd", "amd64"],
  ] as const) {
    made.push({
      name: `std ${goos}/${goarch}`,
      dir: at("grpc"),
      patterns: ["std"],
      env: { GOOS: goos, GOARCH: goarch },
    });
  }
  return made;
}

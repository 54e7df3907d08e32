/** The modules that benchmarks and oracles run on, fetched from the module proxy into the module cache. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Popular, large, different in style: services, tools, generated APIs, code heavy in generics. */
const modules = `
k8s.io/kubernetes@v1.31.0
k8s.io/client-go@v0.31.0
go.etcd.io/etcd/server/v3@v3.5.16
github.com/prometheus/prometheus@v0.54.1
google.golang.org/grpc@v1.67.1
github.com/moby/moby@v27.3.1+incompatible
github.com/containerd/containerd/v2@v2.0.0
github.com/hashicorp/terraform@v1.9.8
github.com/hashicorp/vault@v1.18.0
github.com/hashicorp/consul@v1.20.0
github.com/gohugoio/hugo@v0.136.5
github.com/caddyserver/caddy/v2@v2.8.4
github.com/traefik/traefik/v3@v3.2.0
code.gitea.io/gitea@v1.22.3
github.com/cockroachdb/pebble@v1.1.2
github.com/nats-io/nats-server/v2@v2.10.22
github.com/grafana/loki/v3@v3.2.1
github.com/dgraph-io/badger/v4@v4.3.1
github.com/samber/lo@v1.47.0
github.com/cilium/cilium@v1.16.3
github.com/argoproj/argo-cd/v2@v2.12.6
github.com/ethereum/go-ethereum@v1.14.11
golang.org/x/tools@v0.26.0
`
  .trim()
  .split("\n");

/** Downloads what is missing; returns the folders in the module cache. */
export function moduleFolders(): string[] {
  const empty = mkdtempSync(join(tmpdir(), "stanch-modules-"));
  try {
    return modules.map((module) => {
      const json = execFileSync("go", ["mod", "download", "-json", module], { cwd: empty, maxBuffer: 1 << 24 });
      return (JSON.parse(json.toString()) as { Dir: string }).Dir;
    });
  } finally {
    rmSync(empty, { recursive: true });
  }
}

/**
 * Executables of several Go versions, systems and processors: build info against `go version -m`, and addresses to lines against
 * `go tool addr2line`.
 *
 *     npx tsx bench/binary-oracle.ts [go1.x.y …]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBuildInfo } from "../src/probe/buildinfo.ts";
import { PcLineTable } from "../src/probe/pclntab.ts";

const versions =
  process.argv.length > 2 ? process.argv.slice(2) : ["go1.18.10", "go1.20.14", "go1.23.12", "go1.25.5", "go1.27.4"];
const targets = [
  "linux/amd64",
  "linux/386",
  "linux/arm64",
  "linux/s390x",
  "darwin/arm64",
  "windows/amd64",
  "windows/386",
];
const scratch = mkdtempSync(join(tmpdir(), "stanch-binaries-"));
mkdirSync(join(scratch, "src"));
writeFileSync(
  join(scratch, "src/main.go"),
  'package main\n\nimport (\n\t"fmt"\n\t"net/http"\n)\n\nfunc main() {\n\tfmt.Println(http.ListenAndServe("", nil))\n}\n',
);
let right = 0;
let wrong = 0;
function check(what: string, ours: string, theirs: string): void {
  if (ours === theirs) right++;
  else {
    wrong++;
    console.log(`WRONG ${what}\n  ours ${ours}\n  go   ${theirs}`);
  }
}
for (const version of versions) {
  const minor = /^go(1\.\d+)/.exec(version)?.[1] ?? "1.18";
  writeFileSync(join(scratch, "src/go.mod"), `module example.com/oracle\n\ngo ${minor}\n`);
  for (const target of targets) {
    const [goos, goarch] = target.split("/");
    const binary = join(scratch, `${version}-${goos}-${goarch}`);
    execFileSync("go", ["build", "-o", binary, "."], {
      cwd: join(scratch, "src"),
      env: {
        ...process.env,
        GOTOOLCHAIN: version,
        GOOS: goos,
        GOARCH: goarch,
        CGO_ENABLED: "0",
        GOFLAGS: "-buildvcs=false",
      },
      stdio: "inherit",
    });
    const go = execFileSync("go", ["version", "-m", binary], { encoding: "utf8" }).split("\n");
    const theirs = [
      go[0].split(": ")[1],
      ...go
        .slice(1)
        .filter((l) => /^\t(?:path|mod|dep|build)\t/.test(l))
        .map((l) => l.trim().replaceAll("\t", " ")),
    ];
    const b = readBuildInfo(binary);
    const ours =
      b === null
        ? ["nothing"]
        : [
            b.goVersion,
            `path ${b.path}`,
            ...(b.main === null ? [] : [`mod ${b.main.path} ${b.main.version}`]),
            ...b.deps.map((d) => `dep ${d.path} ${d.version}`),
            ...Object.entries(b.settings).map(([k, v]) => `build ${k}=${v}`),
          ];
    check(
      `${version} ${target} build info`,
      ours.join("; "),
      theirs.map((l) => l.replace(/="(.*)"$/, "=$1").trim()).join("; "),
    );
    if (target !== "linux/amd64" && target !== "linux/arm64") continue;
    const table = PcLineTable.open(binary);
    // Addresses all over the text, as a traceback would hold them.
    const addresses: number[] = [];
    for (const line of execFileSync("go", ["tool", "nm", "-n", binary], { encoding: "utf8", maxBuffer: 1 << 26 }).split(
      "\n",
    )) {
      const m = /^\s*([0-9a-f]+) [Tt] (?!runtime\.(?:e?text|rt0)|_rt0)/.exec(line);
      if (m !== null && addresses.length < 20_000)
        addresses.push(Number.parseInt(m[1], 16) + (addresses.length % 5) * (goarch === "arm64" ? 4 : 3));
    }
    const some = addresses.filter((_, i) => i % 7 === 0);
    const answer = execFileSync("go", ["tool", "addr2line", binary], {
      input: some.map((a) => `0x${a.toString(16)}\n`).join(""),
      encoding: "utf8",
      maxBuffer: 1 << 26,
    }).split("\n");
    const theirLines: string[] = [];
    const ourLines: string[] = [];
    some.forEach((a, i) => {
      const place = table?.lookup(a) ?? null;
      // addr2line names symbols of assembly by their ABI.
      theirLines.push(
        `${answer[i * 2].replace(/\.abi(?:0|internal)$/, "")} ${answer[i * 2 + 1].replace(/^:-1$/, ":0")}`,
      );
      ourLines.push(
        place === null ? "? ?:0" : `${place.func.replace(/\.abi(?:0|internal)$/, "")} ${place.file}:${place.line}`,
      );
    });
    const differing = ourLines.findIndex((l, i) => l !== theirLines[i]);
    check(
      `${version} ${target} ${some.length} addresses`,
      differing < 0 ? "same" : ourLines[differing],
      differing < 0 ? "same" : theirLines[differing],
    );
  }
}
rmSync(scratch, { recursive: true });
console.log(`${right} right, ${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;

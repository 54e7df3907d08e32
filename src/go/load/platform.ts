/**
 * Operating systems and architectures as build constraints and file names know them
 * (source: internal/syslist in Go's tree, Go 1.27; the lists only ever grow).
 */
export const KNOWN_OS: ReadonlySet<string> = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos".split(
    " ",
  ),
);

/** The systems that the tag `unix` stands for; it has no meaning in file names. */
export const UNIX_OS: ReadonlySet<string> = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris".split(" "),
);

export const KNOWN_ARCH: ReadonlySet<string> = new Set(
  (
    "386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le " +
    "riscv riscv64 s390 s390x sparc sparc64 wasm"
  ).split(" "),
);

/** Where Go can use cgo when it builds for the machine it runs on (source: internal/platform, CgoSupported). */
const CGO: ReadonlySet<string> = new Set(
  (
    "aix/ppc64 android/386 android/amd64 android/arm android/arm64 darwin/amd64 darwin/arm64 dragonfly/amd64 freebsd/386 freebsd/amd64 " +
    "freebsd/arm freebsd/arm64 freebsd/riscv64 illumos/amd64 ios/amd64 ios/arm64 linux/386 linux/amd64 linux/arm linux/arm64 linux/loong64 " +
    "linux/mips linux/mips64 linux/mips64le linux/mipsle linux/ppc64le linux/riscv64 linux/s390x netbsd/386 netbsd/amd64 netbsd/arm " +
    "netbsd/arm64 openbsd/386 openbsd/amd64 openbsd/arm openbsd/arm64 openbsd/ppc64 openbsd/riscv64 solaris/amd64 windows/386 " +
    "windows/amd64 windows/arm64"
  ).split(" "),
);

export function cgoSupported(goos: string, goarch: string): boolean {
  return CGO.has(`${goos}/${goarch}`);
}

/** GOOS and GOARCH of the machine that runs this program. */
export function hostPlatform(): { goos: string; goarch: string } {
  const os: Partial<Record<string, string>> = { win32: "windows", sunos: "solaris" };
  const arch: Partial<Record<string, string>> = { x64: "amd64", ia32: "386", mipsel: "mipsle", ppc64: "ppc64le" };
  return { goos: os[process.platform] ?? process.platform, goarch: arch[process.arch] ?? process.arch };
}

/**
 * The tags that a file name implies: `x_linux_arm64_test.go` → linux, arm64. Null where it implies none.
 * Only what follows the first underscore counts, so that a file named `linux.go` is for everybody.
 */
export function fileNameTags(name: string): [string] | [string, string] | null {
  const dot = name.indexOf(".");
  const stem = dot < 0 ? name : name.slice(0, dot);
  const first = stem.indexOf("_");
  if (first < 0) return null;
  const parts = stem.slice(first).split("_");
  if (parts.at(-1) === "test") parts.pop();
  const last = parts.at(-1) ?? "";
  const previous = parts.at(-2) ?? "";
  if (KNOWN_ARCH.has(last)) return KNOWN_OS.has(previous) ? [previous, last] : [last];
  return KNOWN_OS.has(last) ? [last] : null;
}

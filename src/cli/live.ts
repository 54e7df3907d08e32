/** Declares the commands that read running processes. Only options here: the work is in modules loaded on call. */
import type { Command } from "commander";
import { collect, duration, format, oneOf, whole } from "./values.ts";

export interface TargetFlags {
  readonly header?: string[];
  readonly insecure?: boolean;
  readonly ca?: string;
  readonly metrics?: string;
  readonly budget?: number;
  readonly fullDump?: boolean;
  readonly leakProfile?: boolean;
}

export function targetFlags(c: Command): Command {
  return c
    .option("--header <header>", "send this header to the target (again for more)", collect)
    .option("--insecure", "do not check the target's certificate")
    .option("--ca <file>", "trust this CA (PEM)")
    .option("--metrics <url>", "where the target serves Prometheus metrics, if not at /metrics")
    .option("--budget <duration>", "longest stop of the target that one request may cause", duration, 10)
    .option("--full-dump", "take the full goroutine dump whatever it costs the target")
    .option("--leak-profile", "ask the runtime which goroutines are leaked (Go 1.27; forces a garbage collection)");
}

export function registerLive(program: Command): void {
  program
    .command("ps")
    .description("list the Go processes of this host: version, module, ports, pprof, goroutines, descriptors, sockets")
    .option("--no-ask", "do not ask their ports for pprof")
    .option("--format <format>", "text or json", format, "text")
    .action(async (flags) => (await import("./ps.ts")).run(flags));

  targetFlags(
    program
      .command("snap")
      .description("keep one look at a process in a file: profiles, sockets, descriptors, numbers, build info")
      .argument("<target>", "a pid, http://host:port, host:port, unix:/path.sock, or a name of stanch.yaml"),
  )
    .requiredOption("-o, --output <file>", "the bundle to write (a .tgz)")
    .option("--redact", "leave out command-line arguments and the values of labels")
    .option("--format <format>", "text or json", format, "text")
    .action(async (target, flags) => (await import("./snap.ts")).run(target, flags));

  targetFlags(
    program
      .command("diagnose")
      .description("find what leaks in a running process or in bundles: observe, correlate, trace, attribute")
      .argument(
        "[targets...]",
        "a pid, an address, a name of stanch.yaml or a bundle; two bundles (or a bundle and a target) are compared, older first",
      ),
  )
    .option("--before <target>", "with --after: the look before a deploy or a fix; what came, grew, stayed and went")
    .option("--after <target>", "the look after it")
    .option("--every <duration>", "take two looks this far apart", duration)
    .option("--trace <duration>", "watch for so long which stacks open what stays open (bpftrace, root)", duration)
    .option("--history <url>", "a Prometheus server that scrapes the target: show what its numbers did before")
    .option("--history-range <duration>", "how far back", duration, 6 * 3_600_000)
    .option(
      "--history-match <matchers>",
      'which series are the target\'s, e.g. \'job="api",pod="api-0"\' (default: by port)',
    )
    .option("--history-header <header>", "send this header to the Prometheus server (again for more)", collect)
    .option("--source <dir...>", "where the program's source is (default: the current folder)")
    .option("--no-check", "do not look for the cause in the source")
    .option("--most <n>", "suspects to show in full", whole, 5)
    .option(
      "--format <format>",
      "text, json, markdown (for a ticket) or html (one page with charts and flame graphs)",
      oneOf("text", "json", "markdown", "html"),
      "text",
    )
    .option("-o, --output <file>", "write the report to a file")
    .action(async (targets, flags) => (await import("./diagnose.ts")).run(targets, flags));

  program
    .command("profile")
    .description("show a pprof file or goroutine dump: top and groups; with two files, what changed")
    .argument("<files...>", "profiles (pprof, gzip or not; debug=1 text; dumps, also inside logs)")
    .option("--type <name>", "sample type, e.g. inuse_space")
    .option("--most <n>", "rows to show", whole, 20)
    .option("--stacks", "show whole stacks")
    .option("--format <format>", "text or json", format, "text")
    .action(async (files, flags) => (await import("./profile.ts")).run(files, flags));
}

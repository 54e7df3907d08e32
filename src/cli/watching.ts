/** Declares the commands that follow processes over time. Only options here: the work is in modules loaded on call. */
import type { Command } from "commander";
import { targetFlags } from "./live.ts";
import { chance, collect, days, duration, interval, oneOf, positive, size } from "./values.ts";

export function registerWatching(program: Command): void {
  const watch = watchFlags(
    program
      .command("watch")
      .description("watch processes and say which of them leak, where, since when and how sure that is")
      .argument("[targets...]", "pids, addresses, or names of stanch.yaml (default: all that it lists)")
      .option("--store <file>", "keep what was seen in this file, and go on from what it has"),
  );
  judgeFlags(watch)
    .option(
      "--format <format>",
      "text, json (at the end) or ndjson (as it happens)",
      oneOf("text", "json", "ndjson"),
      "text",
    )
    .action(async (targets, flags) => (await import("./watch.ts")).run(targets, flags));

  judgeFlags(
    program
      .command("replay")
      .description("run recorded series through the same detectors: the same verdicts, whenever and wherever")
      .argument("<files...>", "a store, bundles, a CSV table with a header, or the JSON of a Prometheus range query"),
  )
    .option("--target <name...>", "only these targets of it")
    .option("--explain", "the evidence, step by step")
    .option("--svg <file>", "plot the verdicts")
    .option("--format <format>", "text or json", oneOf("text", "json"), "text")
    .action(async (files, flags) => (await import("./replay.ts")).run(files, flags));

  judgeFlags(
    whichFlags(
      targetFlags(
        program
          .command("gate")
          .description(
            "after a deploy: watch for a while, and fail where a leak came that the previous revision did not have",
          )
          .argument("[targets...]", "pids, addresses, or names of stanch.yaml (default: all that it lists)")
          .option(
            "--baseline <file...>",
            "what the previous revision did: a store of watch or serve, a recording, or bundles (without: every leak came)",
          )
          .option("--baseline-target <name...>", "only these targets of it")
          .option("--baseline-range <duration>", "how far back from its end a store is read", duration, 86_400_000)
          .option(
            "--duration <duration>",
            "watch for so long, from the first answer of each target on",
            duration,
            300_000,
          )
          .option(
            "--max-wait <duration>",
            "wait no longer in all, for targets, load or certainty (default: 3 durations)",
            duration,
          )
          .option("--interval <duration>", "time between two looks at a target", interval, 2_000)
          .option("--require-load", "no verdict on an idle process: exit code 4")
          .option(
            "--fail-on <what>",
            "came, or stayed: also what the previous revision had",
            oneOf("came", "stayed"),
            "came",
          )
          .option("--store <file>", "keep what was seen in this file: the next baseline"),
      ),
    ),
  )
    .option("--format <format>", "text, json or markdown", oneOf("text", "json", "markdown"), "text")
    .option("-o, --output <file>", "write the report to a file")
    .action(async (targets, flags) => (await import("./gate.ts")).run(targets, flags));

  judgeFlags(
    watchFlags(
      program
        .command("serve")
        .description("watch, and show it: trends, goroutines, flame graphs, suspects and findings on one page")
        .argument("[targets...]", "pids, addresses, or names of stanch.yaml (default: all that it lists)")
        .option("--listen <host:port>", "where the page is (default: 127.0.0.1:7411)")
        .option("--token <token>", "callers must send it; needed on any address but loopback")
        .option("--open", "no token though others can reach it: a proxy asks who calls")
        .option("--store <file>", "keep what was seen in this file (default: one a port in ~/.local/state/stanch)")
        .option("--no-store", "keep nothing"),
    ),
  ).action(async (targets, flags) => (await import("./serve.ts")).run(targets, flags));
}

export function registerDemo(program: Command): void {
  program
    .command("demo")
    .description("see it work: services that came with this package are checked, built, started, watched and diagnosed")
    .argument("[services...]", "only these: never-done, http-client, redis-client")
    .option("--duration <duration>", "how long they are watched", duration, 60_000)
    .option(
      "--replay",
      "show what was recorded of them, and start nothing (the default where there is no Go toolchain)",
    )
    .action(async (services, flags) => (await import("./demo.ts")).run(services, flags));
}

function watchFlags(c: Command): Command {
  return whichFlags(targetFlags(c))
    .option("--duration <duration>", "end after so long (default: on Ctrl-C)", duration)
    .option("--interval <duration>", "time between two looks at a target (default: 15s)", interval)
    .option("--retention <days>", "how long it is kept (default: 30d)", days)
    .option("--prometheus <url>", "a Prometheus server that scrapes the targets: their past counts too")
    .option("--prometheus-range <duration>", "how far back", duration, 6 * 3_600_000)
    .option("--prometheus-match <matchers>", "which series are the target's (default: by port)")
    .option("--prometheus-header <header>", "send this header to the Prometheus server (again for more)", collect)
    .option(
      "--alert <sink...>",
      "stdout, exec:COMMAND, webhook:URL (Alertmanager's message), slack:URL, json:URL, alertmanager:URL",
    )
    .option("--evidence <folder>", "where bundles taken on alarm are kept (default: ./stanch-evidence)")
    .option(
      "--trace <duration>",
      "when descriptors or connections leak, watch for so long who opens them (bpftrace, root)",
      duration,
    )
    .option("--redact", "leave label values and command-line arguments out of the store and of bundles")
    .option("--no-evidence", "take no bundles")
    .option("--no-leak-profile", "evidence without goroutineleak, which forces a collection in the target")
    .option("--evidence-budget <size>", "disk for bundles; the oldest go first", size, 256 << 20)
    .option("--deploy-grace <duration>", "no alerts for so long after a deploy (0s: never silent)", duration, 600_000)
    .option("--deploy-file <file>", "a file that is touched at each deploy; another build is taken for one anyway")
    .option("--concurrency <n>", "looks at once", positive, 32);
}

function whichFlags(c: Command): Command {
  return c
    .option("--config <file>", "the stanch.yaml to use")
    .option("--host [pattern]", "every Go process of this host (whose module or name matches)")
    .option("--file-sd <file...>", "targets of Prometheus file_sd files, JSON or YAML; read again when they change")
    .option(
      "--srv <name...>",
      "targets of a DNS name's SRV records (_pprof._tcp.api.example.com); asked again each 30 s",
    );
}

function judgeFlags(c: Command): Command {
  return c
    .option("--source <dir...>", "where the program's source is (default: the current folder)")
    .option("--no-check", "do not look for the cause in the source")
    .option("--error-rate <p>", "chance that one healthy signal is called a leak, over its whole run", chance, 1e-4)
    .option("--least <n>", "growth in numbers below which no leak is worth a word", positive, 8)
    .option("--least-bytes <size>", "the same for memory", size, 256 << 10);
}

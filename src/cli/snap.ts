import { existsSync, statSync } from "node:fs";
import pc from "picocolors";
import { bytes, count } from "../base/numbers.ts";
import { UsageError } from "../base/errors.ts";
import { writeBundle } from "../probe/bundle.ts";
import { plain } from "../report/live/format.ts";
import type { TargetFlags } from "./live.ts";
import { takeSnapshot } from "./looks.ts";
import { Progress, untilInterrupted } from "./progress.ts";
import { toolVersion } from "./version.ts";

export async function run(
  target: string,
  flags: TargetFlags & { output: string; redact?: boolean; format: string },
): Promise<void> {
  if (existsSync(flags.output) && statSync(flags.output).isDirectory())
    throw new UsageError(`${flags.output} is a folder: give a file`);
  const progress = new Progress();
  const interrupt = untilInterrupted();
  try {
    const look = await takeSnapshot(target, flags, (what) => progress.show(`reading ${what}…`));
    progress.show("writing…");
    await writeBundle(flags.output, look, {
      toolVersion: toolVersion(),
      redact: flags.redact === true,
      signal: interrupt.signal,
    });
    progress.clear();
    const size = statSync(flags.output).size;
    if (flags.format === "json") {
      process.stdout.write(
        `${JSON.stringify({ schema: "stanch.snap/1", output: flags.output, bytes: size, taken: new Date(look.takenMs).toISOString(), profiles: [...look.profiles.keys()], problems: look.problems, skipped: look.skipped, costs: look.costs }, null, 2)}\n`,
      );
      return;
    }
    const has: string[] = [...look.profiles].map(
      ([name, b]) => `${name === "dump" ? "goroutine dump" : `${name} profile`} (${bytes(b.length)})`,
    );
    if (look.fds !== null) has.push(`${count(look.fds.count)} descriptors`);
    if (look.sockets !== null) has.push(`${count(look.sockets.total)} sockets`);
    if (look.build !== null) has.push("build info");
    if (look.memstats !== null) has.push("memstats");
    if (look.metrics.length > 0) has.push(`${count(look.metrics.length)} metrics`);
    process.stdout.write(`${pc.bold(flags.output)}  ${bytes(size)}: ${has.join(", ")}\n`);
    for (const p of look.problems) process.stdout.write(`${pc.yellow(`not seen: ${plain(p)}`)}\n`);
    for (const s of look.skipped) process.stdout.write(`${pc.dim(`left out: ${plain(s)}`)}\n`);
  } finally {
    progress.clear();
    interrupt.done();
  }
}

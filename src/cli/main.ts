#!/usr/bin/env node
/**
 * The command. Each subcommand's module is loaded when it is called, so that `stanch --version` reads commander and nothing else.
 * Exit codes: 0 nothing found · 1 findings or leak verdicts · 2 bad usage or unreadable input · 3 a fault of Stanch itself.
 */
import { Command, CommanderError } from "commander";
import { messageOf, UsageError } from "../base/errors.ts";
import { registerLive } from "./live.ts";
import { registerSource } from "./source.ts";
import { sayDefaults } from "./values.ts";
import { toolVersion } from "./version.ts";
import { registerDemo, registerWatching } from "./watching.ts";

const program = new Command("stanch")
  .description(
    "Finds resource leaks in Go services: in the source before it merges, in the live process before it pages someone.",
  )
  .version(toolVersion(), "-V, --version")
  .showHelpAfterError("(stanch --help lists the commands)")
  .exitOverride();

registerSource(program);
registerLive(program);
registerWatching(program);
registerDemo(program);
sayDefaults(program);

/** The reader of a pipe went away (`stanch … | head`): not a fault, and nothing left to say. */
process.stdout.on("error", (e: NodeJS.ErrnoException) => {
  if (e.code === "EPIPE") process.exit(0);
  throw e;
});

try {
  const args = process.argv.slice(2);
  if (isVetCall(args)) process.exitCode = await (await import("./vet.ts")).vet(args);
  else await program.parseAsync();
} catch (e) {
  process.exitCode = report(e);
}

/** Whether the go command is calling (`go vet -vettool=…`): flags of its own, and at the end a configuration file. */
function isVetCall(args: readonly string[]): boolean {
  if (args.length === 0) return false;
  const last = args[args.length - 1];
  return (
    last === "-V=full" ||
    last === "-flags" ||
    (last.endsWith(".cfg") && args.slice(0, -1).every((a) => a.startsWith("-")))
  );
}

function report(e: unknown): number {
  if (e instanceof CommanderError) return e.exitCode === 0 ? 0 : 2; // commander has printed its own line
  if (e instanceof UsageError) {
    process.stderr.write(`stanch: ${e.message}\n`);
    return 2;
  }
  if (e instanceof Error && e.name === "AbortError") return 130;
  process.stderr.write(`stanch: this is a fault of Stanch itself: ${messageOf(e)}\n`);
  if (e instanceof Error && process.env["STANCH_DEBUG"] !== undefined) process.stderr.write(`${e.stack ?? ""}\n`);
  else process.stderr.write("  (STANCH_DEBUG=1 shows where)\n");
  return 3;
}

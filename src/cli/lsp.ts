import { serve } from "../lsp/server.ts";
import { toolVersion } from "./version.ts";

/** Speaks LSP on stdin and stdout until the client leaves. Whatever else writes to stdout would break it. */
export async function run(): Promise<void> {
  console.log = console.error;
  const code = await serve(toolVersion(), process.stdin, process.stdout);
  process.exit(code);
}

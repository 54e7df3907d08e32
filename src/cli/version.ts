import { readFileSync } from "node:fs";

/** Put in by the build (tools/build.mjs); a checkout run from source reads package.json instead. */
declare const STANCH_VERSION: string | undefined;

export function toolVersion(): string {
  if (typeof STANCH_VERSION === "string") return STANCH_VERSION;
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

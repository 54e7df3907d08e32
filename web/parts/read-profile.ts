/** Fetches or opens a profile and reads it with the same code as the command line. */
import type { Profile } from "../../src/profile/columns.ts";
import { gunzip } from "../../src/profile/gunzip.ts";
import { openProfile } from "../../src/profile/open.ts";
import type { Failure } from "../../src/server/api.ts";

export async function readProfile(address: string): Promise<Profile> {
  const reply = await fetch(address);
  if (!reply.ok) {
    const body = (await reply.json().catch(() => null)) as Failure | null;
    throw new Error(body?.error ?? `the server answers ${reply.status}`);
  }
  return parse(new Uint8Array(await reply.arrayBuffer()));
}

/** @throws ProfileError with one line that says what the bytes look like. */
export async function parse(bytes: Uint8Array): Promise<Profile> {
  return openProfile(await gunzip(bytes, 512 << 20)).profile;
}

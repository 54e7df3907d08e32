/**
 * Reads profiles and lays them out beside the page, which stays alive meanwhile: half a million stacks take seconds. The same code as the
 * command line's.
 */
import { count } from "../../src/base/numbers.ts";
import type { Profile } from "../../src/profile/columns.ts";
import { gunzip } from "../../src/profile/gunzip.ts";
import { openProfile } from "../../src/profile/open.ts";
import type { SiteSide } from "../../src/profile/sites.ts";
import type { Failure } from "../../src/server/api.ts";
import { buffersOf, layOut } from "./lay.ts";
import type { OpenedFile, ProfileInfo, Reply, Request } from "./messages.ts";
import { readTar } from "./tar.ts";

const LIMIT = 256 << 20;
const UNPACKED_LIMIT = 512 << 20;
/** Stages are told no more often. */
const TELL_MS = 50;

/** Of a bundle, what is worth a flame graph, the likeliest first. */
const inBundle = ["heap", "goroutine", "goroutineleak"];

const profiles = new Map<number, Profile>();
let last = 0;

function tell(reply: Reply, transfer: Transferable[] = []): void {
  (globalThis as unknown as { postMessage(m: Reply, t: Transferable[]): void }).postMessage(reply, transfer);
}

type Tell = (words: string, done?: number) => void;

function keep(name: string, profile: Profile): ProfileInfo {
  last++;
  profiles.set(last, profile);
  const { sampleTypes, defaultType, sampleCount } = profile;
  return { ref: last, name, sampleTypes, defaultType, sampleCount };
}

async function parse(bytes: Uint8Array, stage: Tell): Promise<Profile> {
  const raw = await gunzip(bytes, UNPACKED_LIMIT);
  stage("Reading the profile…");
  return openProfile(raw).profile;
}

async function fetched(address: string, stage: Tell): Promise<OpenedFile> {
  stage("Asking the target…");
  const reply = await fetch(address);
  if (!reply.ok) {
    const body = (await reply.json().catch(() => null)) as Failure | null;
    throw new Error(body?.error ?? `the server answers ${reply.status}`);
  }
  const bytes = new Uint8Array(await reply.arrayBuffer());
  return { profiles: [keep(address, await parse(bytes, stage))], bundle: false };
}

async function opened(file: File, stage: Tell): Promise<OpenedFile> {
  if (file.size > LIMIT) throw new Error(`it is larger than ${LIMIT >> 20} MiB`);
  stage("Unpacking…");
  const bytes = await gunzip(new Uint8Array(await file.arrayBuffer()), UNPACKED_LIMIT);
  const files = readTar(bytes);
  if (files === null || !files.has("manifest.json"))
    return { profiles: [keep(file.name, await parse(bytes, stage))], bundle: false };
  const found: ProfileInfo[] = [];
  for (const name of inBundle) {
    const part = files.get(`profiles/${name}.pb.gz`);
    if (part !== undefined) found.push(keep(name, await parse(part, stage)));
  }
  return { profiles: found, bundle: true };
}

function sideOf(ref: number, column: number): SiteSide {
  const profile = profiles.get(ref);
  if (profile === undefined) throw new Error("this profile is no longer here: open it again");
  return { profile, column };
}

async function answer(request: Exclude<Request, { type: "drop" }>): Promise<void> {
  const { id } = request;
  let told = 0;
  const stage: Tell = (words, done) => {
    const now = performance.now();
    if (done !== undefined && now - told < TELL_MS) return;
    told = now;
    tell({ id, type: "stage", stage: { words, done: done ?? null } });
  };
  switch (request.type) {
    case "fetch":
      return tell({ id, type: "opened", opened: await fetched(request.address, stage) });
    case "file":
      return tell({ id, type: "opened", opened: await opened(request.file, stage) });
    default: {
      const side = sideOf(request.profile, request.column);
      const base = request.base === null ? null : sideOf(request.base.profile, request.base.column);
      const words = `Laying out ${count(side.profile.sampleCount)} stacks…`;
      stage(words, 0);
      const picture = layOut(side, base, (done) => stage(words, done));
      return tell({ id, type: "laid", picture }, buffersOf(picture));
    }
  }
}

globalThis.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  if (data.type === "drop") {
    profiles.delete(data.profile);
    return;
  }
  answer(data).catch((e: unknown) => {
    const error = e instanceof TypeError ? "the server cannot be reached" : (e as Error).message;
    tell({ id: data.id, type: "failed", error });
  });
});

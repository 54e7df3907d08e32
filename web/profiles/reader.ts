/** Profiles as the page has them: asked of the worker, which reads and keeps them. */
import { useEffect, useState } from "preact/hooks";
import type { OpenedFile, Picture, ProfileInfo, Reply, Request, Stage } from "./messages.ts";

/** Where tools/build.mjs put the worker. */
declare const STANCH_PROFILE_WORKER: string;

interface Waiting {
  readonly resolve: (value: OpenedFile | Picture) => void;
  readonly reject: (e: Error) => void;
  readonly onStage: (stage: Stage) => void;
}

const waiting = new Map<number, Waiting>();
let worker: Worker | null = null;
let last = 0;

function start(): Worker {
  const made = new Worker(STANCH_PROFILE_WORKER, { type: "module" });
  made.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
    const asker = waiting.get(data.id);
    if (asker === undefined) return;
    if (data.type === "stage") return asker.onStage(data.stage);
    waiting.delete(data.id);
    if (data.type === "failed") asker.reject(new Error(data.error));
    else asker.resolve(data.type === "opened" ? data.opened : data.picture);
    return undefined;
  });
  // Whoever waits is told, and the next starts anew.
  made.addEventListener("error", () => {
    worker = null;
    made.terminate();
    const error = new Error(
      "this browser has too little memory for it, or the page is older than its server: reload it",
    );
    for (const w of waiting.values()) w.reject(error);
    waiting.clear();
  });
  return made;
}

type Asked = Exclude<Request, { type: "drop" }>;
type Without<T> = T extends unknown ? Omit<T, "id"> : never;

async function ask<T extends OpenedFile | Picture>(
  request: Without<Asked>,
  onStage: (stage: Stage) => void,
): Promise<T> {
  worker ??= start();
  const id = ++last;
  const to = worker;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: resolve as Waiting["resolve"], reject, onStage });
    to.postMessage({ ...request, id });
  });
}

export async function readProfile(address: string, onStage: (stage: Stage) => void): Promise<ProfileInfo> {
  const { profiles } = await ask<OpenedFile>({ type: "fetch", address }, onStage);
  return profiles[0];
}

/** A profile, or the profiles of a bundle. @throws with one line that says what the bytes look like. */
export async function readFile(file: File, onStage: (stage: Stage) => void): Promise<OpenedFile> {
  return ask<OpenedFile>({ type: "file", file }, onStage);
}

/** The worker may forget it. */
export function drop(profile: ProfileInfo): void {
  worker?.postMessage({ type: "drop", profile: profile.ref } satisfies Request);
}

export interface Laid {
  readonly picture: Picture | null;
  readonly stage: Stage | null;
  readonly error: string | null;
}

/** What is drawn of a column, of it alone or against the base's. The last picture stays until the next is there. */
export function usePicture(profile: ProfileInfo, column: number, base: ProfileInfo | null, baseColumn: number): Laid {
  const [laid, set] = useState<Laid>({ picture: null, stage: null, error: null });
  useEffect(() => {
    let old = false;
    const request = {
      type: "lay" as const,
      profile: profile.ref,
      column,
      base: base === null || baseColumn < 0 ? null : { profile: base.ref, column: baseColumn },
    };
    ask<Picture>(request, (stage) => old || set((l) => ({ ...l, stage }))).then(
      (picture) => old || set({ picture, stage: null, error: null }),
      (e: unknown) => old || set((l) => ({ ...l, stage: null, error: (e as Error).message })),
    );
    return () => void (old = true);
  }, [profile, column, base, baseColumn]);
  return laid;
}

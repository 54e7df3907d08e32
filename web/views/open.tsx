/** A profile or a bundle from disk. Profiles are read here and sent nowhere; a bundle goes to the server to be diagnosed, and is not kept. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Failure } from "../../src/server/api.ts";
import { ProfileView } from "../parts/profile-view.tsx";
import { Progress } from "../parts/progress.tsx";
import type { ProfileInfo, Stage } from "../profiles/messages.ts";
import { drop, readFile } from "../profiles/reader.ts";
import { setQuery } from "../route.ts";
import { Steps, type Diagnosis } from "./suspects.tsx";

interface Opened {
  readonly name: string;
  /** The first is shown. */
  readonly profiles: readonly ProfileInfo[];
  /** Null where it is a profile alone. */
  readonly diagnosis: Diagnosis | null;
}

async function open(file: File, onStage: (stage: Stage) => void): Promise<Opened> {
  const { profiles, bundle } = await readFile(file, onStage);
  if (!bundle) return { name: file.name, profiles, diagnosis: null };
  onStage({ words: "The server looks at the bundle and its source…", done: null });
  const reply = await fetch("/api/bundle", {
    method: "POST",
    headers: { "content-type": "application/gzip" },
    body: file,
  });
  const body = (await reply.json().catch(() => null)) as Diagnosis | Failure | null;
  if (!reply.ok || body === null || "error" in body)
    throw new Error(body !== null && "error" in body ? body.error : `the server answers ${reply.status}`);
  return { name: file.name, profiles, diagnosis: body };
}

export function Open({ query }: { readonly query: URLSearchParams }): JSX.Element {
  const [opened, set] = useState<Opened | null>(null);
  const [base, setBase] = useState<Opened | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [reading, setReading] = useState(false);
  const [stage, setStage] = useState<Stage | null>(null);
  useEffect(() => () => opened?.profiles.forEach(drop), [opened]);
  useEffect(() => () => base?.profiles.forEach(drop), [base]);
  const take = async (file: File | undefined, to: (o: Opened) => void): Promise<void> => {
    if (file === undefined) return;
    setError(null);
    setReading(true);
    try {
      setStage(null);
      setQuery({ box: null });
      to(await open(file, setStage));
    } catch (e) {
      setError(`${file.name}: ${(e as Error).message}`);
    } finally {
      setReading(false);
    }
  };
  return (
    <>
      <h1>Open a file</h1>
      <p class="dim">
        A bundle (<code>.tgz</code> of <code>stanch snap</code>, or evidence of an alarm), a pprof file (
        <code>.pb.gz</code>) of any maker, or a goroutine dump. Profiles are read in this browser and go nowhere; a
        bundle is sent to this server, diagnosed and not kept.
      </p>
      <div
        class="drop"
        onDragOver={(e) => e.preventDefault()}
        onDrop={(e) => {
          e.preventDefault();
          void take(e.dataTransfer?.files[0], set);
        }}
      >
        <label>
          Bundle or profile <input type="file" onChange={(e) => void take(e.currentTarget.files?.[0], set)} />
        </label>
        <label>
          Against an older one <input type="file" onChange={(e) => void take(e.currentTarget.files?.[0], setBase)} />
        </label>
      </div>
      {reading && <Progress stage={stage} waiting="Reading…" />}
      {error !== null && (
        <div class="trouble" role="alert">
          {error}
        </div>
      )}
      {opened !== null && <File key={opened.name} opened={opened} base={base} query={query} />}
    </>
  );
}

function File({
  opened,
  base,
  query,
}: {
  readonly opened: Opened;
  readonly base: Opened | null;
  readonly query: URLSearchParams;
}): JSX.Element {
  const [name, setName] = useState(opened.profiles[0]?.name ?? "");
  const [type, setType] = useState("");
  const shown = opened.profiles.find((p) => p.name === name) ?? null;
  const older = base?.profiles.find((p) => p.name === name) ?? base?.profiles[0] ?? null;
  const types = shown?.sampleTypes ?? [];
  const chosen = types.some((t) => t.type === type) ? type : (types[shown?.defaultType ?? 0]?.type ?? "");
  return (
    <>
      <h2>{opened.name}</h2>
      {opened.diagnosis !== null && (
        <div class="steps">
          <Steps d={opened.diagnosis} target={null} />
        </div>
      )}
      {shown !== null && (
        <>
          <div class="filters">
            {opened.profiles.length > 1 && (
              <label>
                Profile{" "}
                <select value={name} onChange={(e) => setName(e.currentTarget.value)}>
                  {opened.profiles.map((p) => (
                    <option key={p.name} value={p.name}>
                      {p.name}
                    </option>
                  ))}
                </select>
              </label>
            )}
            <label>
              Show{" "}
              <select value={chosen} onChange={(e) => setType(e.currentTarget.value)}>
                {types.map((t) => (
                  <option key={t.type} value={t.type}>
                    {t.type} ({t.unit})
                  </option>
                ))}
              </select>
            </label>
          </div>
          <ProfileView profile={shown} base={older} type={chosen} query={query} target={null} />
        </>
      )}
    </>
  );
}

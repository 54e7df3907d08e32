/** A profile from disk, looked at here: nothing is sent to the server. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Profile } from "../../src/profile/columns.ts";
import { parse } from "../parts/read-profile.ts";
import { ProfileView } from "./heap.tsx";

const LIMIT = 256 << 20;

interface Opened {
  readonly name: string;
  readonly profile: Profile;
}

export function Open(): JSX.Element {
  const [opened, set] = useState<Opened | null>(null);
  const [base, setBase] = useState<Opened | null>(null);
  const [type, setType] = useState("");
  const [error, setError] = useState<string | null>(null);
  const take = async (file: File | undefined, to: (o: Opened) => void): Promise<void> => {
    if (file === undefined) return;
    setError(null);
    try {
      if (file.size > LIMIT) throw new Error(`${file.name} is larger than 256 MiB`);
      to({ name: file.name, profile: await parse(new Uint8Array(await file.arrayBuffer())) });
    } catch (e) {
      setError(`${file.name}: ${(e as Error).message}`);
    }
  };
  return (
    <>
      <h1>Open a profile</h1>
      <p class="dim">
        A pprof file (<code>.pb.gz</code>) of any maker, or a goroutine dump. It is read in this browser and goes
        nowhere. Bundles: <code>stanch diagnose FILE.tgz</code>.
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
          Profile <input type="file" onChange={(e) => void take(e.currentTarget.files?.[0], set)} />
        </label>
        <label>
          Against an older one <input type="file" onChange={(e) => void take(e.currentTarget.files?.[0], setBase)} />
        </label>
      </div>
      {error !== null && (
        <div class="trouble" role="alert">
          {error}
        </div>
      )}
      {opened !== null && (
        <>
          <div class="filters">
            <strong>{opened.name}</strong>
            <label>
              Show{" "}
              <select value={type} onChange={(e) => setType(e.currentTarget.value)}>
                {opened.profile.sampleTypes.map((t) => (
                  <option key={t.type} value={t.type}>
                    {t.type} ({t.unit})
                  </option>
                ))}
              </select>
            </label>
          </div>
          <ProfileView
            profile={opened.profile}
            base={base?.profile ?? null}
            type={type === "" ? (opened.profile.sampleTypes[opened.profile.defaultType]?.type ?? "") : type}
          />
        </>
      )}
    </>
  );
}

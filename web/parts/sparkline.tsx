/** The last values of a total, as small as a word. Says the same in words to who cannot see it. */
import type { JSX } from "preact";

const W = 96;
const H = 22;

export function Sparkline({
  values,
  label,
  tone,
}: {
  readonly values: readonly (number | null)[];
  readonly label: string;
  readonly tone: "leak" | "calm";
}): JSX.Element {
  const known = values.filter((v): v is number => v !== null);
  if (known.length < 2)
    return <svg class="spark" width={W} height={H} role="img" aria-label={`${label}: too few values`} />;
  const least = Math.min(...known);
  const most = Math.max(...known);
  // A value that hardly moves is a line in the middle, not a mountain range.
  const range = Math.max(most - least, Math.abs(most) * 0.05, 1e-9);
  const middle = (most + least) / 2;
  const x = (i: number): number => (i / Math.max(1, values.length - 1)) * (W - 2) + 1;
  const y = (v: number): number => H / 2 - ((v - middle) / range) * (H - 4);
  let path = "";
  let pen = false;
  values.forEach((v, i) => {
    if (v === null) pen = false;
    else {
      path += `${pen ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`;
      pen = true;
    }
  });
  return (
    <svg class={`spark ${tone}`} width={W} height={H} viewBox={`0 0 ${W} ${H}`} role="img" aria-label={label}>
      <path d={path} fill="none" stroke="currentColor" stroke-width="1.5" />
    </svg>
  );
}

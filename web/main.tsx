/** The frame around all views: navigation, search, keys, theme, and whether the server is there. */
import { render, type JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { TargetsReply } from "../src/server/api.ts";
import { useAsk } from "./ask.ts";
import { useConnected, useTurn } from "./live.ts";
import { Link } from "./parts/link.tsx";
import { Loaded, Notice } from "./parts/notice.tsx";
import { go, setQuery, tabs, targetPath, useRoute, type Route } from "./route.ts";
import "./style.css";
import { Compare } from "./views/compare.tsx";
import { Findings } from "./views/findings.tsx";
import { Open } from "./views/open.tsx";
import { Overview } from "./views/overview.tsx";
import { Target } from "./views/target.tsx";

const titles: Readonly<Record<Route["view"], string>> = {
  overview: "Targets",
  target: "",
  findings: "Findings",
  compare: "Compare",
  open: "Open a file",
  missing: "Not found",
};

function App(): JSX.Element {
  const { route, query } = useRoute();
  const turn = useTurn(null);
  const targets = useAsk<TargetsReply>("/api/targets", turn);
  const connected = useConnected();
  const search = useRef<HTMLInputElement>(null);
  const [help, setHelp] = useState(false);
  const [theme, setTheme] = useTheme();
  const leaking = targets.data?.targets.filter((t) => t.state === "leak").length ?? 0;

  useEffect(() => {
    const name = route.view === "target" ? route.name : titles[route.view];
    document.title = `${leaking > 0 ? `(${leaking}) ` : ""}${name} · Stanch`;
  });
  useEffect(() => {
    let prefix = "";
    const keys = (e: KeyboardEvent): void => {
      const on = e.target as HTMLElement;
      if (e.key === "Escape") {
        setHelp(false);
        if (on === search.current) search.current?.blur();
        return;
      }
      if (e.ctrlKey || e.metaKey || e.altKey || /^(?:INPUT|SELECT|TEXTAREA)$/.test(on.tagName)) return;
      if (prefix === "g") {
        prefix = "";
        const to = { o: "/", f: "/findings", c: "/compare", p: "/open" }[e.key];
        if (to !== undefined) go(to);
        return;
      }
      if (e.key === "/") {
        e.preventDefault();
        search.current?.focus();
      } else if ((e.key === "ArrowDown" || e.key === "ArrowUp") && !help && !e.defaultPrevented && !e.shiftKey) {
        if (step(on, e.key === "ArrowDown" ? 1 : -1)) e.preventDefault();
      } else if (e.key === "?") setHelp((h) => !h);
      else if (e.key === "g") prefix = "g";
      else if (/^[1-5]$/.test(e.key) && route.view === "target") go(targetPath(route.name, tabs[Number(e.key) - 1]));
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  });

  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <Link to="/" class="brand" title="All targets (g o)">
          Stanch
        </Link>
        <nav aria-label="Pages">
          <Link to="/" current={route.view === "overview"}>
            Targets
          </Link>
          <Link to="/findings" current={route.view === "findings"}>
            Findings
          </Link>
          <Link to="/compare" current={route.view === "compare"}>
            Compare
          </Link>
          <Link to="/open" current={route.view === "open"}>
            Open
          </Link>
        </nav>
        <label class="search">
          <span class="hidden">Search</span>
          <input
            ref={search}
            type="search"
            placeholder="Search ( / )"
            value={query.get("q") ?? ""}
            onInput={(e) => {
              if (route.view === "compare" || route.view === "open")
                go(`/?q=${encodeURIComponent(e.currentTarget.value)}`);
              else setQuery({ q: e.currentTarget.value });
            }}
          />
        </label>
        <button
          type="button"
          onClick={() => setTheme(theme === "dark" ? "light" : "dark")}
          aria-label={`Use the ${theme === "dark" ? "light" : "dark"} theme`}
        >
          {theme === "dark" ? "☀" : "☾"}
        </button>
        <button type="button" onClick={() => setHelp(true)} aria-label="Keys and help">
          ?
        </button>
      </header>
      {!connected && (
        <div class="trouble" role="status">
          The server does not answer; what is shown may be old. Trying again…
        </div>
      )}
      <main id="main" tabIndex={-1}>
        <View route={route} query={query} targets={targets} />
      </main>
      {help && <Help close={() => setHelp(false)} />}
    </>
  );
}

/** From row to row of what can be opened; not from within a picture, whose arrows are its own. False where there is nowhere to go. */
function step(from: HTMLElement, by: 1 | -1): boolean {
  if (from.closest("[role=img], pre, dialog") !== null) return false;
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-step], main details.verdict > summary")];
  const at = rows.indexOf(from);
  const next = rows[at < 0 ? (by === 1 ? 0 : -1) : at + by];
  next?.focus();
  return next !== undefined;
}

function View({
  route,
  query,
  targets,
}: {
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly targets: ReturnType<typeof useAsk<TargetsReply>>;
}): JSX.Element {
  switch (route.view) {
    case "overview":
      return <Loaded asked={targets}>{(reply) => <Overview reply={reply} query={query} />}</Loaded>;
    case "target":
      return <Target key={route.name} name={route.name} tab={route.tab} query={query} />;
    case "findings":
      return <Findings query={query} />;
    case "compare":
      return <Loaded asked={targets}>{(reply) => <Compare reply={reply} query={query} />}</Loaded>;
    case "open":
      return <Open query={query} />;
    default:
      return (
        <Notice title="There is no such page">
          <Link to="/">All targets</Link>
        </Notice>
      );
  }
}

const keysHelp: readonly (readonly [string, string])[] = [
  ["/", "search"],
  ["g o", "targets"],
  ["g f", "findings"],
  ["g c", "compare"],
  ["g p", "open a bundle or profile"],
  ["1 to 5", "the views of a target"],
  ["↓ ↑ Enter", "from row to row, open"],
  ["← → + − Esc", "in a chart or flame graph: move, zoom, show all (↓ ↑: along a stack)"],
  ["?", "this"],
];

function Help({ close }: { readonly close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={close}>
      <h2 id="help-title">Keys</h2>
      <dl class="pairs">
        {keysHelp.map(([k, text]) => (
          <>
            <dt>
              <kbd>{k}</kbd>
            </dt>
            <dd>{text}</dd>
          </>
        ))}
      </dl>
      <p class="dim">
        Drag over a chart to zoom in time, shift and wheel to move, ctrl and wheel to zoom, a double click for all. A
        flame graph takes the wheel, or two fingers. The address holds what you see: copy it to show a colleague. Times
        are yours; UTC is on hover.
      </p>
      <p class="dim">
        For programs: <a href="/openapi.json">the API</a>, <a href="/metrics">metrics</a>,{" "}
        <code>/verdict?target=…</code>
      </p>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}

/** As the system has it, until somebody chooses; kept in this browser. */
function useTheme(): ["light" | "dark", (t: "light" | "dark") => void] {
  const [theme, set] = useState<"light" | "dark">(() => {
    try {
      const kept = localStorage.getItem("stanch-theme");
      if (kept === "light" || kept === "dark") return kept;
    } catch {
      // no storage here
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  });
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  return [
    theme,
    (t) => {
      set(t);
      try {
        localStorage.setItem("stanch-theme", t);
      } catch {
        // no storage here
      }
    },
  ];
}

const app = document.getElementById("app");
if (app !== null) {
  app.textContent = "";
  render(<App />, app);
}

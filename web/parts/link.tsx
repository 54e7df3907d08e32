/** A link within the page: no reload, but opens in a new tab like any other. */
import type { ComponentChildren, JSX } from "preact";
import { go } from "../route.ts";

interface Props {
  readonly to: string;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly current?: boolean;
  readonly title?: string;
  /** Arrow keys go to it. */
  readonly step?: boolean;
}

export function Link({ to, children, current, step, ...rest }: Props): JSX.Element {
  return (
    <a
      href={to}
      {...rest}
      {...(step === true ? { "data-step": true } : {})}
      {...(current === true ? { "aria-current": "page" as const } : {})}
      onClick={(e) => {
        if (e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
        e.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}

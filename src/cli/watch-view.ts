import type { Alert } from "../watch/alerts/alert.ts";
import type { Watcher, WatchEvent } from "../watch/watcher.ts";
export class View {
  open(_w: Watcher, _end: () => void): void {}
  close(): void {}
  event(_e: WatchEvent): void {}
  alert(_a: Alert): void {}
  problem(_m: string): void {}
}

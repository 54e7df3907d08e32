/** The thread that analyses. dist/lsp-worker.mjs. */
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../base/errors.ts";
import { Superseded } from "../check/session.ts";
import type { FromAnalysis, ToAnalysis } from "./messages.ts";
import { Workspace } from "./workspace.ts";

/** A burst of keys counts as one change; with the analysis itself it has to stay below 200 ms. */
const PauseMs = 30;

/** How many messages were sent to this thread; more than it has handled: what it does now is out of date. */
const sent = new Int32Array((workerData as { readonly sent: SharedArrayBuffer }).sent);
let handled = 0;

const post = (message: FromAnalysis): void => parentPort?.postMessage(message);
const workspace = new Workspace(
  post,
  (text) => post({ kind: "log", text }),
  () => Atomics.load(sent, 0) !== handled,
);

let timer: NodeJS.Timeout | null = null;

function soon(milliseconds: number): void {
  if (timer !== null) clearTimeout(timer);
  timer = setTimeout(() => {
    timer = null;
    try {
      workspace.work();
    } catch (e) {
      if (!(e instanceof Superseded)) post({ kind: "log", text: messageOf(e) });
    }
    if (workspace.hasWork && timer === null) soon(0);
  }, milliseconds);
}

parentPort?.on("message", (message: ToAnalysis) => {
  handled++;
  if (message.kind === "folders") workspace.setFolders(message.folders);
  else if (message.kind === "text") workspace.setText(message.file, message.version, message.text);
  else workspace.filesChanged(message.files);
  soon(PauseMs);
});

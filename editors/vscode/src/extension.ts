/** Starts `stanch lsp` and hands it to VS Code's language client: everything else is the protocol. */
import { join } from "node:path";
import { commands, type ExtensionContext, workspace } from "vscode";
import { type Executable, LanguageClient, type LanguageClientOptions } from "vscode-languageclient/node";

let client: LanguageClient | null = null;

export async function activate(context: ExtensionContext): Promise<void> {
  const start = async (): Promise<void> => {
    await client?.stop();
    const options: LanguageClientOptions = {
      documentSelector: [
        { scheme: "file", language: "go" },
        { scheme: "file", pattern: "**/{.,}stanch.{yaml,yml}" },
      ],
    };
    client = new LanguageClient("stanch", "Stanch", serverOf(context), options);
    await client.start();
  };
  context.subscriptions.push(
    commands.registerCommand("stanch.restart", start),
    workspace.onDidChangeConfiguration((e) => {
      if (e.affectsConfiguration("stanch.path")) void start();
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = null;
}

/** The command that the settings name, else the server of the extension, run by the Node inside VS Code. */
function serverOf(context: ExtensionContext): Executable {
  const named = workspace.getConfiguration("stanch").get<string>("path", "");
  if (named !== "") return { command: named, args: ["lsp"] };
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1" };
  return {
    command: process.execPath,
    args: [join(context.extensionPath, "server", "stanch.mjs"), "lsp"],
    options: { env },
  };
}

/**
 * Builds the VS Code extension with the server in it: editors/vscode/dist/stanch-VERSION.vsix. Needs dist/ (npm run build).
 * Run: `npx tsx tools/package-vscode.ts`.
 *
 * A .vsix is a zip with a manifest: https://code.visualstudio.com/api/working-with-extensions/publishing-extension
 */
import { build } from "esbuild";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { zip } from "./zip.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly publisher: string;
  readonly displayName: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly categories: readonly string[];
  readonly engines: { readonly vscode: string };
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const at = (...parts: string[]): string => join(root, ...parts);

/** Writes the unpacked extension to `out`/extension and the archive beside it; returns the archive's path. */
export async function packageVscode(out = at("editors/vscode/dist")): Promise<string> {
  if (!existsSync(at("dist/stanch.mjs"))) throw new Error("dist/stanch.mjs is missing: npm run build");
  const manifest = JSON.parse(readFileSync(at("editors/vscode/package.json"), "utf8")) as Manifest;
  const { version } = JSON.parse(readFileSync(at("package.json"), "utf8")) as { version: string };
  rmSync(out, { recursive: true, force: true });
  const unpacked = join(out, "extension");
  mkdirSync(unpacked, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: [at("editors/vscode/src/extension.ts")],
    outfile: join(unpacked, "extension.js"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["vscode"],
    minify: true,
    logLevel: "warning",
  });
  const write = (name: string, bytes: Uint8Array | string): void => {
    const file = join(unpacked, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  };
  write("package.json", `${JSON.stringify({ ...manifest, version, type: "commonjs" }, null, 2)}\n`);
  write("README.md", readFileSync(at("editors/vscode/README.md")));
  write("LICENSE.txt", readFileSync(at("LICENSE")));
  write("stanch-yaml.schema.json", readFileSync(at("docs/formats/stanch-yaml.schema.json")));
  // The server: all of dist but the library's types and source maps.
  for (const file of walk(at("dist"))) {
    const name = relative(at("dist"), file).split(sep).join("/");
    if (!name.startsWith("types/") && !name.endsWith(".map") && name !== "go.mjs")
      write(`server/${name}`, readFileSync(file));
  }
  const files = new Map<string, Buffer>([
    ["extension.vsixmanifest", Buffer.from(vsixManifest({ ...manifest, version }))],
    ["[Content_Types].xml", Buffer.from(contentTypes(unpacked))],
  ]);
  for (const file of walk(unpacked))
    files.set(`extension/${relative(unpacked, file).split(sep).join("/")}`, readFileSync(file));
  const archive = join(out, `stanch-${version}.vsix`);
  writeFileSync(archive, zip(files));
  return archive;
}

function* walk(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}

const xml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

function vsixManifest(m: Manifest): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${xml(m.name)}" Version="${xml(m.version)}" Publisher="${xml(m.publisher)}"/>
    <DisplayName>${xml(m.displayName)}</DisplayName>
    <Description xml:space="preserve">${xml(m.description)}</Description>
    <Tags>${xml(m.keywords.join(","))}</Tags>
    <Categories>${xml(m.categories.join(","))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${xml(m.engines.vscode)}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionDependencies" Value=""/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionPack" Value=""/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
    <License>extension/LICENSE.txt</License>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
`;
}

function contentTypes(dir: string): string {
  const known: Readonly<Record<string, string>> = {
    js: "application/javascript",
    mjs: "application/javascript",
    json: "application/json",
    md: "text/markdown",
    txt: "text/plain",
    vsixmanifest: "text/xml",
  };
  const endings = new Set(["vsixmanifest", ...[...walk(dir)].map((f) => f.slice(f.lastIndexOf(".") + 1))]);
  const rows = [...endings]
    .sort()
    .map((e) => `<Default Extension=".${e}" ContentType="${known[e] ?? "application/octet-stream"}"/>`);
  return `<?xml version="1.0" encoding="utf-8"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${rows.join("")}</Types>\n`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  console.log(relative(process.cwd(), await packageVscode()));

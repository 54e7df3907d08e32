/** Whether a stream gets colours: NO_COLOR and FORCE_COLOR decide where they are set, else whether it is a terminal. */
export function coloursOn(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  const { NO_COLOR: no = "", FORCE_COLOR: force } = env;
  if (no !== "") return false; // https://no-color.org
  if (force !== undefined) return force !== "0" && force !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

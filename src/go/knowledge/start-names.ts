/** Names by which Go programs say when something is called: once, while they start, or whenever somebody likes. Conventions, not facts: they make notes of errors, never errors. */

/** What has such a name is called while something starts: once, or for each of the things there are. */
export const ofStart =
  /^(?:[nN]ew|[mM]ust|[iI]nit|[sS]et[uU]p|[sS]tart|[rR]un|[rR]egister|[lL]oad|[oO]pen|[pP]arse|[cC]ommand|[cC]md|[mM]ain|[cC]reate|[bB]uild|[mM]ake|[pP]rovide|[cC]onfigure|[dD]efault)/;

/** Methods that a part of a program is put together with, and goes on from: its callers are those who start it. */
export const ofPart = /^(?:Init(?:ialize)?|Start|Set[uU]p|Configure|Provision|Bootstrap)$/;

/** Functions, not methods, that a program calls once: `func InitTracing(…)`, `func SetupMetrics(…)`. */
export const onceForAll = /^(?:[iI]nit(?:iali[sz]e)?|Set[uU]p)(?=$|[A-Z])/;

/** `NewStore`, `mustNew`, `DefaultNew…`: it makes something. */
export const makes = /^(?:[dD]efault|[mM]ust)?[nN]ew(?=$|[A-Z])/;

/** Methods and functions of libraries that are called once for a program, or for each of its parts, and what is given to those. */
export const byLibraryOnce =
  /^(?:Start|Stop|Run|Serve|Init|Close|Setup|Shut|Open|Connect|New|Make|Create(?:Default)?Config|Config|Provision|Validate|Cleanup|Name|Type|String|Register|Main|Exec|Command|Flag|Help|Synopsis|Usage|Description|Schema|Metadata|Factory|Bootstrap|Install|Load|Boot|Before|After|Set|GRPC|Server$|Client$|Logger|Prepare)/;

/** What is given to such a call is found by its name later, one of many: not what handles something. */
export const registers = /^(?!.*(?:Handle|Callback)).*(?:[rR]egister|[pP]rovide|[cC]ommand|Once|^Add|^Set)/;

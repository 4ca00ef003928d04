// Package report tells what a [slipway.Deployer] does while it does it, and what came of
// it: to people, to CI systems and to programs.
//
// Every form is made of the same events, those of [apply.Options].OnEvent, and of the
// [slipway.Result] at the end:
//
//   - [Text]: a line for each object and a sum; of a plan, a diff of each object;
//   - [JSON]: one document at the end;
//   - [JSONL]: each event at once as a line of JSON, then the document as the last line;
//   - [JUnit]: one document, in which each object is a test case;
//   - [GitHub]: Text, with annotations at the templates' lines.
//
// These go to Options.Out. Beside them, Options.HTML gets the run as a page.
//
// Progress, warnings and errors go to Options.Log: on a terminal a block that is drawn anew,
// with a line for each object; else lines that are only ever appended, with one at least
// every Options.Heartbeat, since CI systems end jobs that are silent for long.
//
// # HTML
//
// The page is for people and for archives. It tells how the run ended; each failure with
// its place in the templates, the pods and their last lines, and what to do; when each
// service was sent and rolled out, on a time line; what changed or would, with diffs; and
// where the app's routes lead. It is one document that loads nothing and runs nothing, is
// light or dark as the reader's screen is, and can be read without its style, too. The same
// run gives the same bytes. Of 300 services it has less than a megabyte: diffs for which
// there is no room are left out, and the page says so.
//
// # JSON
//
// The document has the fields of [Document], each line of JSONL those of [Line]. Fields may
// be added; none goes or changes its meaning without a new major version.
//
// Values of Secrets are in none of all these.
package report

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
// These go to Options.Out. Progress, warnings and errors go to Options.Log: on a terminal a
// block that is drawn anew, with a line for each object; else lines that are only ever
// appended, with one at least every Options.Heartbeat, since CI systems end jobs that are
// silent for long.
//
// # JSON
//
// The document has the fields of [Document], each line of JSONL those of [Line]. Fields may
// be added; none goes or changes its meaning without a new major version. Values of Secrets
// are in none.
package report

package overlay

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// explain returns kustomize's error in one line, with paths as they are in the tree.
func (a *application) explain(err error) error {
	text := strings.NewReplacer(
		"/"+a.app.Name+"/", a.app.Name+"/",
		"'../../"+renderedFile+"'", "the rendered objects",
		"../../"+renderedFile, "the rendered objects",
	).Replace(err.Error())
	if before, _, dumps := strings.Cut(text, " with config: "); dumps {
		text = before + ": " + text[max(len(before), strings.LastIndex(text, "`: ")+len("`: ")):]
	}
	text = basePattern.ReplaceAllString(text, "$1")
	for _, known := range rewordings {
		if m := known.pattern.FindStringSubmatch(text); m != nil {
			return errors.New(strings.TrimSpace(fmt.Sprintf(known.format, m[1], m[2])))
		}
	}
	return errors.New(oneLine(withoutContents(text)))
}

// withoutContents takes what is in objects and patches out of an error: it may be a Secret's.
func withoutContents(text string) string {
	text = patchPattern.ReplaceAllString(text, "the patch")
	text = valuePattern.ReplaceAllString(text, "$1 …")
	if at := dumpPattern.FindStringIndex(text); at != nil {
		text = strings.TrimRight(text[:at[0]], " :[\n") + " …"
	}
	return text
}

// rewordings are of errors that speak of ids as Go does, or tell all of the objects.
var rewordings = []struct {
	pattern *regexp.Regexp
	format  string // of two texts
}{
	{regexp.MustCompile(`may not add resource with an already registered id: (\w+)\.\S*/(\S+)\.[^.]+$`),
		"%s %s is there already: change it with a patch, or give it another name"},
	{regexp.MustCompile(`merging from generator .*Kind:"(\w+)".*Name:"([^"]*)".*\} exists;`),
		"%s %s is there already: say behavior: merge, or replace, or give it another name"},
	{regexp.MustCompile(`merging from generator .*Kind:"(\w+)".*Name:"([^"]*)".*\} does not exist;`),
		"%s %s is not there: what a generator merges with, or replaces, has to be"},
	{regexp.MustCompile(`^nothing selected by (\w*)\.\S*/([^\s:]*?)\.[^./:]*:`),
		"%s %s is none of the app's objects"},
	{regexp.MustCompile(`ID conflict: .*?"kind":"(\w+)".*?"previousNames":"([^",]*)`),
		"the namespace makes one of two objects: %s %s: give one another name"},
	{regexp.MustCompile(`ID conflict: .*?"kind":"(\w+)".*?"name":"([^"]*)"`),
		"the namespace makes one of two objects: %s %s: give one another name"},
}

var (
	patchPattern = regexp.MustCompile(`(?s)\[patch: ".*"\]`)
	valuePattern = regexp.MustCompile("(!!\\w+) `[^`]*`")
	// dumpPattern matches where kustomize begins to tell what is in an object, as JSON or as YAML.
	dumpPattern = regexp.MustCompile(`\{"|node contents:|content summary:|referral targets to referrer:|` +
		`cannot be found in (roleRef )?|\n[ -]*[\w.$"'/-]+:(\s|$)`)
	// basePattern matches what is told of a file since it is not a directory, either.
	basePattern = regexp.MustCompile(`(?s)accumulation err='(.*)': must build at directory: .*$`)
)

package render

import (
	"fmt"
	"regexp"
	"strings"
)

// collection matches a text that looks like a list or a map, as JSON and Python write them.
var collection = regexp.MustCompile(`(?s)^\s*(\[.*\]|\{.*\})\s*$`)

// jsonHint returns, after a semicolon, how to pass one of the values as a list or map: the
// caller passes it as a text that looks like one, as -e 'hosts=["a", "b"]' does; "" if there
// is none.
func (l *layers) jsonHint(values []Origin) string {
	for _, from := range values {
		path, _, _ := strings.Cut(from.Path, "[")
		if text := l.callersText(path); collection.MatchString(text) {
			kind := "list"
			if strings.TrimSpace(text)[0] == '{' {
				kind = "map"
			}
			return fmt.Sprintf("; %s is a text that looks like a %s: to pass the %[2]s, write "+
				"-e '{\"%[1]s\": …}' or --set-json %[1]s=…", path, kind)
		}
	}
	return ""
}

// callersText returns the text that the caller passes for a path; "" if it passes none.
func (l *layers) callersText(path string) string {
	var at any
	for _, layer := range l.list {
		if layer.file == "" {
			at = layer.values
		}
	}
	for name := range strings.SplitSeq(path, ".") {
		m, _ := at.(map[string]any)
		at = m[name]
	}
	text, _ := at.(string)
	return text
}

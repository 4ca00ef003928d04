// Package yamlwork tells what parsing YAML takes before it is parsed: a text may be all
// brackets, and the parser cannot be stopped.
package yamlwork

import "strings"

// Of returns about the bytes that the parser and its values take for a text: nodes begin at
// some marks, and comments are slow.
func Of(text string) int {
	nodes := strings.Count(text, "{") // a map takes as much again
	for _, mark := range []string{",", "{", "[", ":", "-", "?"} {
		nodes += strings.Count(text, mark)
	}
	return 32*len(text) + 256*nodes + 1024*strings.Count(text, "#")
}

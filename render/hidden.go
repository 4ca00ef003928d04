package render

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// hides reports whether a line of a file may hold what is secret.
func hides(f layouts.File, line int) bool {
	name := path.Base(f.Path)
	switch {
	case f.Stem() == "vars" || !ofOverlay(f.Path):
		return f.Stem() == "vars" || secretKind.Match(f.Data)
	case strings.TrimSuffix(name, path.Ext(name)) == "kustomization" || name == "Kustomization":
		return secretField.Match(fieldOf(f.Data, line))
	case !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)):
		return true // what a generator makes a Secret of
	}
	return secretField.Match(f.Data)
}

// ofOverlay reports whether a file is one of an environment's, or shared by some.
func ofOverlay(file string) bool {
	parts := strings.SplitN(file, "/", 3)
	return len(parts) == 3 && parts[1] == "overlays"
}

// secretField matches what a Secret, a patch of one, or a generator's entry has. A patch does
// not always say the kind of what it is for.
var secretField = regexp.MustCompile(`(?i)secretgenerator|\b(string|binary)?data\b|` + secretKind.String())

// fieldOf returns the lines of the field, of a map, that a line is in.
func fieldOf(data []byte, line int) []byte {
	var field []byte
	n := 0
	for text := range bytes.Lines(data) {
		n++
		if begins := !strings.ContainsRune(" \t#-\r\n", rune(text[0])); begins {
			if n > line {
				break
			}
			field = nil
		}
		field = append(field, text...)
	}
	return field
}

package render

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// A hider knows which files may hold what is secret, by path: each is read once for all of
// its errors.
type hider map[string]bool

// hides reports whether a line of a file may hold what is secret.
func (h hider) hides(f layouts.File, line int) bool {
	if isKustomization(f) {
		return secretField.Match(fieldOf(f.Data, line))
	}
	hides, known := h[f.Path]
	if !known {
		hides = mayBeSecret(f)
		h[f.Path] = hides
	}
	return hides
}

func isKustomization(f layouts.File) bool {
	name := path.Base(f.Path)
	return ofOverlay(f.Path) &&
		(strings.TrimSuffix(name, path.Ext(name)) == "kustomization" || name == "Kustomization")
}

// mayBeSecret reports whether a file may hold what is secret.
func mayBeSecret(f layouts.File) bool {
	switch {
	case f.Stem() == "vars":
		return true
	case !ofOverlay(f.Path):
		return secretKind.Match(f.Data)
	case !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(f.Path)):
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

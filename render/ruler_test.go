package render_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slipway-go/slipway/render"
)

// FuzzRuler finds the line and column of any character, and the character by them.
func FuzzRuler(f *testing.F) {
	f.Add([]byte("a\nü\n\nb"), 3)
	f.Add([]byte(strings.Repeat("𝄞ü x", 300)+"\n"+strings.Repeat("é", 600)), 2500)
	f.Add([]byte{}, 0)
	f.Fuzz(func(t *testing.T, text []byte, offset int) {
		if !utf8.Valid(text) || offset < 0 || offset > len(text) || offset < len(text) && !utf8.RuneStart(text[offset]) {
			t.Skip("not the offset of a character")
		}
		before := text[:offset]
		wantLine := 1 + bytes.Count(before, []byte("\n"))
		wantColumn := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
		line, column, back := render.Positions(text, offset)
		if line != wantLine || column != wantColumn || back != offset {
			t.Errorf("ruler: offset %d is %d:%d, which is offset %d, want %d:%d",
				offset, line, column, back, wantLine, wantColumn)
		}
	})
}

package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

var simpleEscapes = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n",
	'r': "\r", 't': "\t", 'v': "\v",
}

// escapeDigits are the digits after \x, \u and \U.
var escapeDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// unescape returns what the text between quotes stands for. An escape that Python
// does not know stands for itself, as \. does.
func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		text, size, err := escape(s[i+1:])
		if err != nil {
			return "", err
		}
		b.WriteString(text)
		i += size
	}
	return b.String(), nil
}

// escape returns what the escape at the start of s stands for, and its length; s
// comes after the backslash.
func escape(s string) (string, int, error) {
	if text, ok := simpleEscapes[s[0]]; ok {
		return text, 1, nil
	}
	if n, ok := escapeDigits[s[0]]; ok {
		if len(s) <= n {
			return "", 0, fmt.Errorf(`the escape \%c needs %d digits`, s[0], n)
		}
		code, err := strconv.ParseUint(s[1:1+n], 16, 32)
		if err != nil || code > utf8.MaxRune {
			return "", 0, fmt.Errorf(`the escape \%s is no character`, s[:1+n])
		}
		return string(rune(code)), 1 + n, nil
	}
	size := 0
	for size < min(3, len(s)) && s[size] >= '0' && s[size] <= '7' {
		size++
	}
	if size > 0 {
		code, _ := strconv.ParseUint(s[:size], 8, 32) // digits
		return string(rune(code)), size, nil
	}
	return `\`, 0, nil
}

// Package yamlwork tells what parsing YAML takes before it is parsed: a text may be all
// brackets, and the parser cannot be stopped.
package yamlwork

import (
	"fmt"
	"strings"
)

// What a text of each byte, a comment, and the nodes that begin at some marks take.
const (
	perByte    = 4
	perNode    = 256
	perEntry   = 400 // a key, and its value
	perMap     = 512
	perAlias   = 128 // beside what it stands for
	perComment = 1024
)

// Of returns about the bytes that the parser and its values take for a text.
func Of(text string) int {
	work := perByte * len(text)
	before := byte('\n')
	for i := range len(text) {
		after := byte('\n')
		if i+1 < len(text) {
			after = text[i+1]
		}
		switch text[i] {
		case ',', '[':
			work += perNode
		case '{':
			work += perMap
		case '*':
			if !isWord(before) && isWord(after) {
				work += perAlias
			}
		case '-', '?':
			if isBlank(before) && isBlank(after) {
				work += perNode
			}
		case ':':
			if isBlank(after) || strings.IndexByte(",[]{}", after) >= 0 || before == '"' || before == '\'' {
				work += perEntry
			}
		case '#':
			if !isWord(before) {
				work += perComment
			}
		}
		before = text[i]
	}
	return work
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '/'
}

// Max bounds what one file may take, in bytes. A ConfigMap of 1 MiB that holds JSON takes
// nearly all of it, and so do 2,000 Deployments.
const Max = 96 << 20

// ErrMax is that a file takes more than [Max].
var ErrMax = fmt.Errorf("YAML: to parse it would take over %d MiB, the bound: "+
	"it has too many items and fields for one file", Max>>20)

package report

import (
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"text/template/parse"
	"unicode"
)

// parsePage returns the page's template, whose every text goes through visible. That the
// text is cleaned, rather than the page, keeps what is cut out of it from taking markup along.
func parsePage(text string) *template.Template {
	funcs := template.FuncMap{"short": short, "utc": utc, "rfc": rfc, "visible": visible}
	page := template.Must(template.New("page").Funcs(funcs).Parse(text))
	for _, t := range page.Templates() {
		clean(t.Tree, t.Tree.Root)
	}
	return page
}

// clean has the actions of the list that write something end with visible.
func clean(tree *parse.Tree, list *parse.ListNode) {
	if list == nil {
		return
	}
	branch := func(b *parse.BranchNode) {
		clean(tree, b.List)
		clean(tree, b.ElseList)
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.ActionNode:
			name := parse.NewIdentifier("visible").SetPos(node.Pos).SetTree(tree)
			node.Pipe.Cmds = append(node.Pipe.Cmds, &parse.CommandNode{
				NodeType: parse.NodeCommand, Pos: node.Pos, Args: []parse.Node{name},
			})
		case *parse.IfNode:
			branch(&node.BranchNode)
		case *parse.RangeNode:
			branch(&node.BranchNode)
		case *parse.WithNode:
			branch(&node.BranchNode)
		}
	}
}

// colourPattern is a sequence for a terminal, such as of a colour, as programs write it to logs.
var colourPattern = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]`)

// visible returns the value's text with U+FFFD for what would steer whoever shows it, or be
// no HTML. A style and a picture, which slipway makes, it returns as they are.
func visible(value any) any {
	switch value.(type) {
	case template.CSS, template.HTML:
		return value
	}
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\r':
			return -1
		case c == '\n', c == '\t':
			return c
		case unicode.In(c, unicode.Cc, unicode.Noncharacter_Code_Point), turns(c):
			return unicode.ReplacementChar
		}
		return c
	}, colourPattern.ReplaceAllString(fmt.Sprint(value), ""))
}

// turns reports whether c has what follows written in another direction, whatever it is.
func turns(c rune) bool { return c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069' }

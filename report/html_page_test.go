package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// A node is an element of a page, or, without a name, text.
type node struct {
	name     string
	attrs    []xml.Attr
	data     string
	children []node
}

// parse reads the page, which is well-formed also as XML.
func parse(t *testing.T, page string) node {
	t.Helper()
	open := []node{{}}
	for decoder := xml.NewDecoder(strings.NewReader(page)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return open[0]
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		parent := &open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, node{name: token.Name.Local, attrs: slices.Clone(token.Attr)})
		case xml.CharData:
			parent.children = append(parent.children, node{data: string(token)})
		case xml.EndElement:
			above := &open[len(open)-2]
			above.children = append(above.children, *parent)
			open = open[:len(open)-1]
		}
	}
}

// all returns the elements of that name, in order.
func (n node) all(name string) []node {
	var out []node
	for _, child := range n.children {
		if child.name == name {
			out = append(out, child)
		}
		out = append(out, child.all(name)...)
	}
	return out
}

func (n node) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// text returns all of it, with a blank between elements.
func (n node) text() string {
	text := n.data
	for _, child := range n.children {
		text += " " + child.text()
	}
	return strings.Join(strings.Fields(text), " ")
}

// section returns the part of the page with that ID.
func (n node) section(t *testing.T, id string) node {
	t.Helper()
	for _, name := range []string{"section", "article", "div"} {
		for _, found := range n.all(name) {
			if found.attr("id") == id {
				return found
			}
		}
	}
	t.Fatalf("the page has no part %q", id)
	return node{}
}

func wantText(t *testing.T, what string, n node, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if got := n.text(); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%s", what, want, got)
		}
	}
}

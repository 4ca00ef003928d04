package ingress

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// A graph is a map as boxes and arrows. Things of the same name are one box, but
// for paths: each row has its own.
type graph struct {
	boxes  []box
	arrows []arrow
	ids    map[string]string
}

type box struct {
	id, label string
	host      bool
}

type arrow struct {
	from, to      string
	label, colour string
	dashed        bool
}

func newGraph(m Map) *graph {
	g := &graph{ids: map[string]string{}}
	rows := m.rows()
	byOwner, _ := colours(rows)
	drawn := map[[2]string]bool{}
	for i, r := range rows {
		host := g.box("host "+r.Host, cmp.Or(r.Host, "*"), true)
		path := g.box(fmt.Sprint("path ", i), r.pathLabel(), false)
		name, number := r.service()
		if number != "" {
			name += " (" + number + ")"
		}
		service := g.box("service "+name, name, false)
		g.arrows = append(g.arrows, arrow{from: host, to: path}, arrow{
			from: path, to: service, dashed: r.ShadowedBy != "",
			label: strings.Join(r.owners, ", "), colour: byOwner[r.owners[0]],
		})
		for _, workload := range r.Workloads {
			to := g.box("workload "+workload, workload, false)
			if !drawn[[2]string{service, to}] {
				drawn[[2]string{service, to}] = true
				g.arrows = append(g.arrows, arrow{from: service, to: to})
			}
		}
	}
	return g
}

// pathLabel returns the path, its type if it is not Prefix, and its shadow.
func (r row) pathLabel() string {
	label := strings.TrimPrefix(r.String(), cmp.Or(r.Host, "*"))
	if r.ShadowedBy != "" {
		label += ", shadowed by " + r.ShadowedBy
	}
	return label
}

func (g *graph) box(name, label string, host bool) string {
	id, ok := g.ids[name]
	if !ok {
		id = fmt.Sprintf("n%d", len(g.ids))
		g.ids[name] = id
		g.boxes = append(g.boxes, box{id, label, host})
	}
	return id
}

func drawMermaid(buf *bytes.Buffer, m Map) error {
	g := newGraph(m)
	fmt.Fprintln(buf, "flowchart LR")
	for _, b := range g.boxes {
		shape := "  %s[\"%s\"]\n"
		if b.host {
			shape = "  %s([\"%s\"])\n"
		}
		fmt.Fprintf(buf, shape, b.id, escapeMermaid(b.label))
	}
	for i, a := range g.arrows {
		line := "-->"
		if a.dashed {
			line = "-.->"
		}
		if a.label != "" {
			line += `|"` + escapeMermaid(a.label) + `"|`
		}
		fmt.Fprintf(buf, "  %s %s %s\n", a.from, line, a.to)
		if a.colour != "" {
			fmt.Fprintf(buf, "  linkStyle %d stroke:%s\n", i, a.colour)
		}
	}
	return nil
}

// escapeMermaid leaves what names are made of, and writes the rest of ASCII as
// Mermaid's numbered entities: it has marks for quotes, HTML, Markdown and icons.
func escapeMermaid(s string) string {
	var b strings.Builder
	for _, r := range clean(s) {
		if r >= 0x80 || strings.ContainsRune("/.-,() ", r) || isAlphanumeric(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "#%d;", r)
	}
	return b.String()
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func drawDOT(buf *bytes.Buffer, m Map) error {
	g := newGraph(m)
	fmt.Fprint(buf, "digraph routes {\n  rankdir=LR\n"+
		"  node [shape=box, style=rounded, fontname=monospace]\n  edge [fontname=monospace]\n")
	for _, b := range g.boxes {
		shape := ""
		if b.host {
			shape = ", shape=plaintext"
		}
		fmt.Fprintf(buf, "  %s [label=\"%s\"%s]\n", b.id, escapeDOT(b.label), shape)
	}
	for _, a := range g.arrows {
		fmt.Fprintf(buf, "  %s -> %s", a.from, a.to)
		if a.colour != "" {
			fmt.Fprintf(buf, " [label=\"%s\", color=\"%s\"", escapeDOT(a.label), a.colour)
			if a.dashed {
				fmt.Fprint(buf, ", style=dashed")
			}
			fmt.Fprint(buf, "]")
		}
		fmt.Fprintln(buf)
	}
	fmt.Fprintln(buf, "}")
	return nil
}

// escapeDOT escapes for a quoted string: in labels, Graphviz reads backslashes and
// the entities of HTML.
func escapeDOT(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;").Replace(clean(s))
}

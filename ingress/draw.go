package ingress

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
)

// A Format is a way to draw a [Map].
type Format string

const (
	// Text is a table for people, a line for each route.
	Text Format = "text"
	// JSON is for programs; it unmarshals into a Map.
	JSON Format = "json"
	// Mermaid is a flowchart for Markdown.
	Mermaid Format = "mermaid"
	// DOT is a graph for Graphviz.
	DOT Format = "dot"
	// SVG is a picture for people. It needs nothing outside itself, and is light
	// or dark as the reader's screen is.
	SVG Format = "svg"
)

// Draw writes m in the format f. The same map gives the same bytes. What would not
// show in a name, or would do harm, is drawn as U+FFFD; JSON has it as it is.
func Draw(w io.Writer, m Map, f Format) error {
	draw, ok := map[Format]func(*bytes.Buffer, Map) error{
		Text: drawText, JSON: drawJSON, Mermaid: drawMermaid, DOT: drawDOT, SVG: drawSVG,
	}[f]
	if !ok {
		return fmt.Errorf("no format %q: use text, json, mermaid, dot or svg", f)
	}
	var buf bytes.Buffer
	if err := draw(&buf, m); err != nil {
		return err
	}
	_, err := w.Write(buf.Bytes())
	return err
}

func drawJSON(buf *bytes.Buffer, m Map) error {
	if m.Routes == nil {
		m.Routes = []MappedRoute{}
	}
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(m)
}

// A column of the table stands only if it has something to say, or always does.
type column struct {
	name   string
	always bool
	text   func(MappedRoute) string
}

var columns = []column{
	{"HOST", true, func(r MappedRoute) string { return cmp.Or(r.Host, "*") }},
	{"PATH", true, func(r MappedRoute) string { return cmp.Or(r.Path, "/") }},
	{"TYPE", true, func(r MappedRoute) string { return r.PathType }},
	{"STRIPPED", false, func(r MappedRoute) string {
		if r.Strip {
			return "yes"
		}
		return ""
	}},
	{"BACKEND", true, func(r MappedRoute) string { return r.Backend.String() }},
	{"WORKLOAD", false, func(r MappedRoute) string { return strings.Join(r.Workloads, ",") }},
	{"OWNER", true, func(r MappedRoute) string { return r.Owner }},
	{"SOURCE", true, func(r MappedRoute) string { return r.Source }},
	{"SHADOWED BY", false, func(r MappedRoute) string { return r.ShadowedBy }},
}

func drawText(buf *bytes.Buffer, m Map) error {
	lines := make([][]string, len(m.Routes)+1)
	for _, c := range columns {
		says := func(r MappedRoute) bool { return c.text(r) != "" }
		if !c.always && !slices.ContainsFunc(m.Routes, says) {
			continue
		}
		lines[0] = append(lines[0], c.name)
		for i, r := range m.Routes {
			lines[i+1] = append(lines[i+1], cmp.Or(clean(c.text(r)), "-"))
		}
	}
	table := tabwriter.NewWriter(buf, 0, 0, 3, ' ', 0)
	for _, line := range lines {
		fmt.Fprintln(table, strings.Join(line, "\t"))
	}
	return table.Flush()
}

// clean returns s with U+FFFD for what is not printed: it could end a line, steer
// a terminal, or turn the direction of writing.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// A row is a route as it is drawn: once, for all owners that share it.
type row struct {
	MappedRoute
	owners []string
}

func (m Map) rows() []row {
	type id struct {
		key
		Backend
	}
	var rows []row
	index := map[id]int{}
	for _, r := range m.Routes {
		i, ok := index[id{r.key(), r.Backend}]
		if !ok {
			i = len(rows)
			index[id{r.key(), r.Backend}] = i
			rows = append(rows, row{MappedRoute: r})
		}
		if !slices.Contains(rows[i].owners, r.Owner) {
			rows[i].owners = append(rows[i].owners, r.Owner)
		}
	}
	return rows
}

// service returns the backend, with the number of a port that has a name.
func (r row) service() (name, number string) {
	if r.Port != 0 {
		number = strconv.Itoa(int(r.Port))
	}
	if number == r.Backend.Port {
		number = ""
	}
	return r.Backend.String(), number
}

func (r row) workload() string { return strings.Join(r.Workloads, ", ") }

// about returns all that is known of the route, for who points at it.
func (r row) about() string {
	name, number := r.service()
	s := r.String() + " → " + name
	if number != "" {
		s += " (" + number + ")"
	}
	if len(r.Workloads) > 0 {
		s += " → " + r.workload()
	}
	s += ", of " + strings.Join(r.owners, ", ")
	if r.Source != "" {
		s += " (" + r.Source + ")"
	}
	if r.ShadowedBy != "" {
		s += "; shadowed by " + r.ShadowedBy
	}
	return s
}

// palette has colours that stand out from white and from black.
var palette = []string{
	"#3b82d6", "#d9730d", "#2f9e5b", "#c2489b", "#8b6ad9", "#0f9ba8",
	"#d64d4d", "#8f8a1c", "#5a78e0", "#a8704a", "#5c9e2a", "#b163c9",
}

const unmanagedColour = "#8a8a8a"

// colours returns the colour of each owner, and the owners, sorted. With more
// owners than colours some have the same.
func colours(rows []row) (byOwner map[string]string, owners []string) {
	byOwner = map[string]string{}
	for _, r := range rows {
		for _, owner := range r.owners {
			byOwner[owner] = unmanagedColour
		}
	}
	owners = slices.Sorted(maps.Keys(byOwner))
	next := 0
	for _, owner := range owners {
		if owner != Unmanaged {
			byOwner[owner] = palette[next%len(palette)]
			next++
		}
	}
	return byOwner, owners
}

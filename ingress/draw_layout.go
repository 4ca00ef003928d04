package ingress

import (
	"cmp"
	"slices"
	"strings"
)

// Measures of the picture, in pixels. Text is monospaced, so that its width is
// known without its font.
const (
	charWidth  = 8 // of 13 pixels high; no common font is wider
	smallWidth = 7 // of 11 pixels high
	rowHeight  = 30
	boxHeight  = 22
	margin     = 24
	padding    = 10 // beside the text of a box
	treeGap    = 44 // between hosts and paths
	fanGap     = 110
	groupGap   = 16     // between hosts
	minWidth   = 420    // of the legend
	maxCells   = 48     // of a text; the rest is in the tooltip
	stripe     = 5      // of an owner's colour
	wide       = 0x1100 // the first rune that may take two cells
)

// A span is consecutive rows that share a box.
type span struct{ first, last int }

// A layout is where the boxes of a picture are. The columns are hosts, paths,
// services and workloads; one without boxes has no width.
type layout struct {
	rows   []row
	x, w   [4]int
	y      []int // the middle of each row
	hosts  []span
	width  int
	bottom int
}

// newLayout lays out rows below top.
func newLayout(rows []row, top int) *layout {
	l := &layout{rows: arrange(rows), y: make([]int, len(rows))}
	l.hosts = l.spans(func(r row) string { return r.Host })
	for i, r := range l.rows {
		name, number := r.service()
		path, kind := r.pathText()
		for c, w := range [4]int{
			boxWidth(cmp.Or(r.Host, "*"), ""),
			boxWidth(path, kind) + stripe*len(r.owners),
			boxWidth(name, number),
			boxWidth(r.workload(), ""),
		} {
			if c < 3 || len(r.Workloads) > 0 {
				l.w[c] = max(l.w[c], w)
			}
		}
		l.y[i] = top + rowHeight/2 + i*rowHeight
	}
	for g, host := range l.hosts {
		for i := host.first; i <= host.last; i++ {
			l.y[i] += g * groupGap
		}
	}
	l.bottom = top + len(rows)*rowHeight + max(0, len(l.hosts)-1)*groupGap
	l.setColumns()
	return l
}

func (l *layout) setColumns() {
	x := margin
	for c, gap := range [4]int{treeGap, fanGap, fanGap, 0} {
		if l.w[c] == 0 {
			x -= fanGap // no workloads
		}
		l.x[c] = x
		x += l.w[c] + gap
	}
	l.width = max(x+margin, minWidth)
}

// arrange returns the rows host by host, and in each what leads to the same
// workload and Service together, so that no links cross.
func arrange(rows []row) []row {
	ranks := map[[3]string]int{}
	rank := func(r row, depth int) int {
		name := [3]string{r.Host, r.workload(), r.Backend.String()}
		if r.workload() == "" {
			name[1] = name[2]
		}
		for i := depth; i < len(name); i++ {
			name[i] = "\x00" // no name
		}
		if _, ok := ranks[name]; !ok {
			ranks[name] = len(ranks)
		}
		return ranks[name]
	}
	for _, r := range rows {
		for depth := 1; depth <= 3; depth++ {
			rank(r, depth)
		}
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(rank(a, 1)-rank(b, 1), rank(a, 2)-rank(b, 2), rank(a, 3)-rank(b, 3))
	})
	return rows
}

// spans returns the rows of each host that have the same name.
func (l *layout) spans(name func(row) string) []span {
	var out []span
	for i, r := range l.rows {
		if i > 0 && l.rows[i-1].Host == r.Host && name(l.rows[i-1]) == name(r) {
			out[len(out)-1].last = i
			continue
		}
		out = append(out, span{i, i})
	}
	return out
}

// middle returns where the one box of a span is.
func (l *layout) middle(s span) int { return (l.y[s.first] + l.y[s.last]) / 2 }

// pathText returns the path, and what there is to say of it: its type if it is not
// Prefix, and whether it is stripped.
func (r row) pathText() (path, kind string) {
	switch r.PathType {
	case "Prefix":
	case "ImplementationSpecific":
		kind = "by class"
	default:
		kind = r.PathType
	}
	if r.Strip {
		kind = strings.TrimSpace(kind + " stripped")
	}
	return cmp.Or(r.Path, "/"), kind
}

func boxWidth(text, small string) int {
	w := cells(fit(text))*charWidth + 2*padding
	if small != "" {
		w += cells(fit(small))*smallWidth + padding
	}
	return w
}

// cells returns how many columns of a terminal s takes, at most.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= wide {
			n++
		}
	}
	return n
}

// fit returns s, clean, in maxCells.
func fit(s string) string {
	s = clean(s)
	if cells(s) <= maxCells {
		return s
	}
	n := 1 // the dots
	for i, r := range s {
		if n += cells(string(r)); n > maxCells {
			return s[:i] + "…"
		}
	}
	return s
}

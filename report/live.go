package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/width"

	"github.com/slipway-go/slipway/apply"
)

// live draws progress on a terminal: a block with a line for each object, what is at work
// first, which is drawn anew in its place and goes at the end.
type live struct {
	opts  Options
	seen  *objects
	drawn int // lines
}

func (l *live) event(_ *object, now time.Time) { l.tick(now) }

func (l *live) tick(now time.Time) {
	columns, rows := l.opts.Terminal()
	text := l.erase()
	block := l.block(now, columns, max(rows-1, 1))
	l.drawn = len(block)
	fmt.Fprint(l.opts.Log, text+strings.Join(block, "\n")+"\n")
}

func (l *live) close() { fmt.Fprint(l.opts.Log, l.erase()) }

// erase returns what takes the block away.
func (l *live) erase() string {
	if l.drawn == 0 {
		return ""
	}
	text := fmt.Sprintf("\x1b[%dA\r\x1b[J", l.drawn)
	l.drawn = 0
	return text
}

// block returns the lines of the block, of which no more than rows have room. A line
// never fills the last column: some terminals then begin another.
func (l *live) block(now time.Time, columns, rows int) []string {
	all := slices.Clone(l.seen.all)
	if len(all)+1 > rows { // what is done goes first
		slices.SortStableFunc(all, func(a, b *object) int { return cmp.Compare(a.rank(), b.rank()) })
	}
	shown := all[:min(len(all), max(rows-1, 0))]
	names := 0
	for _, o := range shown {
		names = max(names, cells(o.String()))
	}
	names = min(names, max(columns/2, 20))
	paint := (&styled{on: l.opts.ColorLog}).paint
	var out []string
	for _, o := range shown {
		mark, color := o.mark()
		name := fit(o.String(), names)
		line := fmt.Sprintf("%s %s  %s", mark, name, o.state(now))
		line = strings.TrimRight(fit(line, columns-1), " ")
		if rest, marked := strings.CutPrefix(line, mark); marked {
			line = paint(color, mark) + rest
		}
		out = append(out, line)
	}
	total := fit(l.total(now, len(all)-len(shown)), columns-1)
	return append(out, strings.TrimRight(total, " "))
}

// total is the last line of the block.
func (l *live) total(now time.Time, hidden int) string {
	done := 0
	for _, o := range l.seen.all {
		if !o.ended.IsZero() {
			done++
		}
	}
	text := fmt.Sprintf("%d of %d done, %s", done, len(l.seen.all), now.Sub(l.seen.began).Round(time.Second))
	if hidden > 0 {
		text += fmt.Sprintf(" (%d more)", hidden)
	}
	return text
}

// rank says in which order objects are shown where there is no room for all.
func (o *object) rank() int {
	switch {
	case o.Kind == apply.EventFailed:
		return 0
	case o.Kind == apply.EventWaiting:
		return 1
	case o.ended.IsZero():
		return 2
	}
	return 3
}

// mark returns a letter for the state, of one column in every font, and its colour.
func (o *object) mark() (mark, color string) {
	switch {
	case o.Kind == apply.EventFailed:
		return "x", red
	case o.Kind == apply.EventWaiting:
		return "~", yellow
	case o.ended.IsZero():
		return "-", faint
	}
	return "+", green
}

// state says how far the object is, and why it is no farther.
func (o *object) state(now time.Time) string {
	what := string(o.Kind)
	switch {
	case o.Kind == apply.EventPlanned && o.ended.IsZero():
		what = "pending"
	case slices.Contains([]apply.EventKind{apply.EventApplied, apply.EventPlanned}, o.Kind):
		what = string(o.Action)
	}
	text := fmt.Sprintf("%-10s", what)
	if o.Total > 0 {
		text += fmt.Sprintf(" %d/%d", o.Done, o.Total)
	}
	if took := o.took(now); took > 0 {
		text += fmt.Sprintf(" %s", took)
	}
	if o.Kind == apply.EventWaiting {
		text += "  " + o.Message
	}
	return text
}

// cells returns how many columns of a terminal the text takes.
func cells(text string) int {
	n := 0
	for _, c := range text {
		n += cellsOf(c)
	}
	return n
}

func cellsOf(c rune) int {
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// fit makes the text take exactly so many columns: it is cut, with "…", or padded.
func fit(text string, columns int) string {
	columns = max(columns, 1)
	if n := cells(text); n <= columns {
		return text + strings.Repeat(" ", columns-n)
	}
	var out strings.Builder
	left := columns - 1
	for _, c := range text {
		if left -= cellsOf(c); left < 0 {
			left += cellsOf(c)
			break
		}
		out.WriteRune(c)
	}
	return out.String() + "…" + strings.Repeat(" ", left)
}

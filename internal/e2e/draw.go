package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
	"time"
)

// The picture's measures, in pixels.
const (
	width, height            = 960, 360
	left, right, top, bottom = 64, 16, 40, 44
)

// head begins the picture, for light and dark pages.
const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img"
  font-family="sans-serif" font-size="12">
<style>
svg { background: #fff } text { fill: #24292f }
.grid { stroke: #d0d7de } .mark { stroke: #57606a; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d }
}
</style>
<title>%s: %d requests, %d failed</title>
`

// bucket is the time that one point of a curve stands for.
const bucket = time.Second

// A chart is the latency over the time of a phase. The latency's scale is logarithmic.
type chart struct {
	strings.Builder
	end         time.Duration
	low, high   float64 // log10 of milliseconds
	first, last string  // versions
}

// draw returns an SVG: median, 99th percentile and longest latency, the share of the new
// version, marks, and each request that failed.
func draw(p *phase) string {
	answers := sorted(p.Answers)
	c := &chart{end: answers[len(answers)-1].At}
	c.low = math.Floor(math.Log10(millis(max(percentile(answers, 0), 100*time.Microsecond))))
	c.high = math.Ceil(math.Log10(millis(percentile(answers, 100))))
	fmt.Fprintf(c, head, width, height, escape(p.Name), len(p.Answers), len(p.Failed))
	c.axes()
	c.share(answers)
	for _, curve := range []struct {
		name, colour string
		percent      float64
	}{{"longest", "#bc8cff", 100}, {"99 %", "#d29922", 99}, {"median", "#2f81f7", 50}} {
		c.curve(answers, curve.percent, curve.colour)
	}
	for _, m := range p.Marks {
		c.mark(m)
	}
	for _, a := range p.Failed {
		fmt.Fprintf(c, `<circle cx="%.1f" cy="%.1f" r="3" fill="#f85149"/>`+"\n", c.x(a.At), c.y(a.Latency))
	}
	c.legend(fmt.Sprintf("%d requests, %d failed", len(p.Answers), len(p.Failed)))
	c.WriteString("</svg>\n")
	return c.String()
}

func (c *chart) x(at time.Duration) float64 {
	return left + (width-left-right)*at.Seconds()/c.end.Seconds()
}

func (c *chart) y(latency time.Duration) float64 {
	share := (math.Log10(max(millis(latency), math.Pow(10, c.low))) - c.low) / max(c.high-c.low, 1)
	return height - bottom - (height-top-bottom)*share
}

func (c *chart) axes() {
	for power := c.low; power <= c.high; power++ {
		y := c.y(time.Duration(math.Pow(10, power) * float64(time.Millisecond)))
		fmt.Fprintf(c, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, left, width-right, y, y)
		fmt.Fprintf(c, `<text x="%d" y="%.1f" text-anchor="end">%g ms</text>`+"\n",
			left-6, y+4, math.Pow(10, power))
	}
	for s := 0; s <= int(c.end.Seconds()); s += 10 {
		x := c.x(time.Duration(s) * time.Second)
		fmt.Fprintf(c, `<text x="%.1f" y="%d" text-anchor="middle">%d s</text>`+"\n", x, height-bottom+16, s)
	}
}

// buckets calls see with the answers of each bucket of time.
func (c *chart) buckets(answers []answer, see func(at time.Duration, some []answer)) {
	for begin := 0; begin < len(answers); {
		at := answers[begin].At.Truncate(bucket)
		end := begin
		for end < len(answers) && answers[end].At < at+bucket {
			end++
		}
		see(min(at+bucket/2, c.end), answers[begin:end])
		begin = end
	}
}

func (c *chart) curve(answers []answer, percent float64, colour string) {
	fmt.Fprintf(c, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="`, colour)
	c.buckets(answers, func(at time.Duration, some []answer) {
		fmt.Fprintf(c, "%.1f,%.1f ", c.x(at), c.y(percentile(some, percent)))
	})
	c.WriteString(`"/>` + "\n")
}

// share fills the part of the answers that the version of the last one gave.
func (c *chart) share(answers []answer) {
	c.first, c.last = answers[0].Version, answers[len(answers)-1].Version
	if c.first == c.last {
		return
	}
	fmt.Fprintf(c, `<polygon fill="#3fb950" fill-opacity="0.15" points="%d,%d `, left, height-bottom)
	c.buckets(answers, func(at time.Duration, some []answer) {
		n := 0
		for _, a := range some {
			if a.Version == c.last {
				n++
			}
		}
		y := height - bottom - float64(height-top-bottom)*float64(n)/float64(len(some))
		fmt.Fprintf(c, "%.1f,%.1f ", c.x(at), y)
	})
	fmt.Fprintf(c, `%d,%d"/>`+"\n", width-right, height-bottom)
}

func (c *chart) mark(m mark) {
	x := c.x(min(m.At, c.end))
	anchor, beside := "start", 4.0
	if x > width-right-80 {
		anchor, beside = "end", -4
	}
	fmt.Fprintf(c, `<line class="mark" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x, x, top, height-bottom)
	fmt.Fprintf(c, `<text x="%.1f" y="%d" text-anchor="%s">%s</text>`+"\n",
		x+beside, top+12, anchor, escape(m.What))
}

func (c *chart) legend(text string) {
	fmt.Fprintf(c, `<text x="%d" y="20" font-weight="bold">%s</text>`+"\n", left, text)
	names := []string{"median", "99 %", "longest"}
	colours := []string{"#2f81f7", "#d29922", "#bc8cff"}
	if c.first != c.last {
		names, colours = append(names, "share of "+c.last), append(colours, "#3fb950")
	}
	for i, name := range names {
		x := width - right - 110*(len(names)-i)
		fmt.Fprintf(c, `<rect x="%d" y="11" width="14" height="10" fill="%s"/>`, x, colours[i])
		fmt.Fprintf(c, `<text x="%d" y="20">%s</text>`+"\n", x+20, escape(name))
	}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func escape(text string) string {
	var out strings.Builder
	if err := xml.EscapeText(&out, []byte(text)); err != nil {
		return "" // a Builder takes everything
	}
	return out.String()
}

package ingress

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"strings"
)

// style has no custom properties and no colour functions: viewers outside browsers
// know neither. It is all the style that there is, so that a page whose policy knows its
// hash may hold the picture.
const style = `<style>
.slipway { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }
.slipway text { fill: #1f2328 }
.slipway .small { font-size: 11px; fill: #59636e }
.slipway .page { fill: #ffffff }
.slipway .box { fill: #f6f8fa; stroke: #d1d9e0 }
.slipway .link { fill: none; stroke-width: 1.5 }
.slipway .plain { stroke: #a9b4bf }
.slipway .rule { stroke: #d1d9e0 }
.slipway .shadowed { stroke-dasharray: 4 3 }
.slipway .shadowed text { fill: #59636e }
.slipway g:hover > .box { stroke: #59636e }
@media (prefers-color-scheme: dark) {
.slipway text { fill: #e6edf3 }
.slipway .small, .slipway .shadowed text { fill: #9198a1 }
.slipway .page { fill: #0d1117 }
.slipway .box { fill: #161b22; stroke: #3d444d }
.slipway .plain { stroke: #59636e }
.slipway .rule { stroke: #3d444d }
.slipway g:hover > .box { stroke: #9198a1 }
}
</style>
`

// A picture is an SVG on its way.
type picture struct {
	*layout
	buf     *bytes.Buffer
	colours map[string]string
}

func drawSVG(buf *bytes.Buffer, m Map) error {
	rows := m.rows()
	byOwner, owners := colours(rows)
	legend := newLegend(owners, newLayout(rows, 0).width)
	p := &picture{newLayout(rows, legend.height+2*margin), buf, byOwner}
	height := p.bottom + margin
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="slipway" width="%d" height="%d" `+
		`viewBox="0 0 %d %d" role="img">`+"\n", p.width, height, p.width, height)
	p.printf("<title>%s</title>\n", escapeXML(summary(len(rows), len(p.hosts))))
	p.printf("%s", style)
	p.printf(`<rect class="page" width="%d" height="%d"/>`+"\n", p.width, height)
	p.legend(legend)
	p.heads(legend.height + margin)
	p.links()
	p.boxes()
	p.printf("</svg>\n")
	return nil
}

func summary(routes, hosts int) string {
	plural := func(n int, what string) string {
		if n != 1 {
			what += "s"
		}
		return fmt.Sprintf("%d %s", n, what)
	}
	return plural(routes, "route") + " of " + plural(hosts, "host")
}

func (p *picture) printf(format string, args ...any) { fmt.Fprintf(p.buf, format, args...) }

func (p *picture) text(x, y int, class, s string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	p.printf(`<text x="%d" y="%d"%s>%s</text>`, x, y+4, class, escapeXML(s))
}

// A legend has a place for each owner, in lines as wide as the picture.
type legend struct {
	owners []string
	x, y   []int
	height int
}

func newLegend(owners []string, width int) legend {
	l := legend{owners: owners}
	x, y := margin, margin
	for _, owner := range owners {
		w := cells(fit(owner))*charWidth + 3*padding
		if x > margin && x+w > width-margin {
			x, y = margin, y+rowHeight-padding
		}
		l.x, l.y = append(l.x, x), append(l.y, y)
		x += w + padding
	}
	l.height = y + padding
	return l
}

func (p *picture) legend(l legend) {
	for i, owner := range l.owners {
		p.printf(`<g><title>%s</title>`, escapeXML("owner "+clean(owner)))
		p.printf(`<rect x="%d" y="%d" width="10" height="10" rx="2" fill="%s"/>`,
			l.x[i], l.y[i]-5, p.colours[owner])
		p.text(l.x[i]+16, l.y[i], "", fit(owner))
		p.printf("</g>\n")
	}
}

func (p *picture) heads(y int) {
	for c, name := range [4]string{"HOST", "PATH", "SERVICE:PORT", "WORKLOAD"} {
		if p.w[c] > 0 {
			p.text(p.x[c], y, "small", name)
		}
	}
	p.printf("\n")
}

// links draws the lines between the columns, below the boxes.
func (p *picture) links() {
	for _, host := range p.hosts {
		p.tree(host)
	}
	for _, service := range p.services() {
		y := p.middle(service)
		for i := service.first; i <= service.last; i++ {
			r := p.rows[i]
			p.curve(1, p.y[i], y, p.colours[r.owners[0]], r.ShadowedBy != "")
		}
	}
	for _, workload := range p.workloads() {
		for _, service := range p.services() {
			if service.first >= workload.first && service.last <= workload.last {
				p.curve(2, p.middle(service), p.middle(workload), "", false)
			}
		}
	}
}

func (p *picture) services() []span {
	return p.spans(func(r row) string { return r.Backend.String() })
}

func (p *picture) workloads() []span {
	var out []span
	for _, s := range p.spans(row.workload) {
		if p.rows[s.first].workload() != "" {
			out = append(out, s)
		}
	}
	return out
}

// tree links a host, whose box is at the height of its first path, to its paths.
func (p *picture) tree(host span) {
	x, end := p.x[0]+p.w[0], p.x[1]
	trunk := x + treeGap/2
	first, last := p.y[host.first], p.y[host.last]
	p.printf(`<path class="link plain" d="M%d %dH%d`, x, first, end)
	if first != last {
		p.printf("M%d %dQ%d %d %d %dV%d",
			trunk-padding, first, trunk, first, trunk, first+padding, last-padding)
	}
	for _, y := range p.y[host.first+1 : host.last+1] {
		p.printf("M%d %dQ%d %d %d %dH%d", trunk, y-padding, trunk, y, trunk+padding, y, end)
	}
	p.printf(`"/>` + "\n")
}

// curve links a box of a column to one of the next.
func (p *picture) curve(column, from, to int, colour string, dashed bool) {
	x, end := p.x[column]+p.w[column], p.x[column+1]
	bend := (x + end) / 2
	class, stroke := "link plain", ""
	if colour != "" {
		class, stroke = "link", ` stroke="`+colour+`"`
	}
	if dashed {
		class += " shadowed"
	}
	p.printf(`<path class="%s"%s d="M%d %dC%d %d %d %d %d %d"/>`+"\n",
		class, stroke, x, from, bend, from, bend, to, end, to)
}

func (p *picture) boxes() {
	for i, host := range p.hosts {
		r := p.rows[host.first]
		if y := p.y[host.first] - (rowHeight+groupGap)/2; i > 0 {
			p.printf(`<path class="rule" d="M%d %dH%d"/>`+"\n", margin, y, p.width-margin)
		}
		p.box(0, p.y[host.first], cmp.Or(r.Host, "*"), "", cmp.Or(r.Host, "any host"), "", nil)
	}
	for i, r := range p.rows {
		class := ""
		if r.ShadowedBy != "" {
			class = "shadowed"
		}
		path, kind := r.pathText()
		p.box(1, p.y[i], path, kind, r.about(), class, r.owners)
	}
	for _, s := range p.services() {
		name, number := p.rows[s.first].service()
		p.box(2, p.middle(s), name, number, name, "", nil)
	}
	for _, s := range p.workloads() {
		name := p.rows[s.first].workload()
		p.box(3, p.middle(s), name, "", name, "", nil)
	}
}

// box draws a box as wide as its column, with a stripe for each owner.
func (p *picture) box(column, y int, text, small, about, class string, owners []string) {
	x, w := p.x[column], p.w[column]
	if class != "" {
		class = ` class="` + class + `"`
	}
	p.printf(`<g%s><title>%s</title>`, class, escapeXML(clean(about)))
	p.printf(`<rect class="box" x="%d" y="%d" width="%d" height="%d" rx="4"/>`,
		x, y-boxHeight/2, w, boxHeight)
	for _, owner := range owners {
		p.printf(`<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`,
			x, y-boxHeight/2, stripe, boxHeight, p.colours[owner])
		x += stripe
	}
	p.text(x+padding, y, "", fit(text))
	if small = fit(small); small != "" {
		right := p.x[column] + w - padding - cells(small)*smallWidth
		p.text(right, y, "small", small)
	}
	p.printf("</g>\n")
}

// escapeXML escapes for text and for attributes.
func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

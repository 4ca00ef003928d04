package ingress_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slipway-go/slipway/ingress"
)

// A drawing is what a test reads of an SVG.
type drawing struct {
	Width  int    `xml:"width,attr"`
	Height int    `xml:"height,attr"`
	Title  string `xml:"title"`
	Groups []struct {
		Class string `xml:"class,attr"`
		Title string `xml:"title"`
		Rects []rect `xml:"rect"`
		Texts []struct {
			X     int    `xml:"x,attr"`
			Class string `xml:"class,attr"`
			Text  string `xml:",chardata"`
		} `xml:"text"`
	} `xml:"g"`
	Links []struct {
		Class  string `xml:"class,attr"`
		Stroke string `xml:"stroke,attr"`
	} `xml:"path"`
}

type rect struct {
	X      int    `xml:"x,attr"`
	Y      int    `xml:"y,attr"`
	Width  int    `xml:"width,attr"`
	Height int    `xml:"height,attr"`
	Class  string `xml:"class,attr"`
	Fill   string `xml:"fill,attr"`
}

func (r rect) overlaps(o rect) bool {
	return r.X < o.X+o.Width && o.X < r.X+r.Width && r.Y < o.Y+o.Height && o.Y < r.Y+r.Height
}

func drawn(t testing.TB, m ingress.Map) drawing {
	t.Helper()
	var d drawing
	if err := xml.Unmarshal([]byte(draw(t, m, ingress.SVG)), &d); err != nil {
		t.Fatalf("Draw(svg): %v", err)
	}
	return d
}

// many returns the map of n routes of several hosts and services.
func many(n int) ingress.Map {
	d := dice(1)
	m := ingress.Map{}
	for i := range n {
		service := fmt.Sprintf("service-%d", d.IntN(1+n/4))
		host := pick(d, "shop.example.com", "api.shop.example.com", "")
		path := fmt.Sprintf("/%d/%s", i, strings.Repeat("x", d.IntN(70)))
		r := ingress.MappedRoute{Route: to(pick(d, "Prefix", "Exact", "ImplementationSpecific"), host, path, service, "http")}
		r.Owner = fmt.Sprintf("owner-%d", d.IntN(1+n/3))
		if d.IntN(3) > 0 {
			r.Port, r.Workloads = 8080, []string{"Deployment/" + pick(d, "one", "two", service)}
		}
		m.Routes = append(m.Routes, r)
	}
	return m
}

// Nothing is clipped, and nothing lies over another thing.
func TestDrawSVGFits(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 4, 30, 100} {
		d := drawn(t, many(n))
		var boxes []rect
		for _, g := range d.Groups {
			box := g.Rects[0]
			if end := box.X + box.Width; box.X < 0 || end > d.Width || box.Y < 0 || box.Y+box.Height > d.Height {
				t.Errorf("%d routes: box %+v is outside of %d×%d", n, box, d.Width, d.Height)
			}
			if box.Class != "box" {
				continue // of the legend
			}
			for _, text := range g.Texts {
				end := text.X + 8*utf8.RuneCountInString(text.Text)
				if text.Class == "small" {
					end = text.X + 7*utf8.RuneCountInString(text.Text)
				}
				if text.X < box.X || end > box.X+box.Width {
					t.Errorf("%d routes: %q from %d to %d is outside of %+v", n, text.Text, text.X, end, box)
				}
			}
			for _, other := range boxes {
				if box.overlaps(other) {
					t.Errorf("%d routes: box %+v lies over %+v", n, box, other)
				}
			}
			boxes = append(boxes, box)
		}
	}
}

func TestDrawSVG(t *testing.T) {
	t.Parallel()
	d := drawn(t, shop())
	if d.Title != "3 routes of 2 hosts" {
		t.Errorf("title %q, want the numbers of routes and hosts", d.Title)
	}
	abouts := map[string]string{} // class by title
	stripes := map[string]int{}
	for _, g := range d.Groups {
		abouts[g.Title] = g.Class
		stripes[g.Title] = len(g.Rects) - 1
	}
	shared := "shop.example.com/ → home:http (80) → Deployment/home, Deployment/home-next, " +
		"of home, common (shop/home/ingress.yml:1)"
	shadowed := "shop.example.com/ (ImplementationSpecific) → old:80, of ~unmanaged; shadowed by shop.example.com/"
	for title, want := range map[string]string{
		"owner media": "", "any host": "", shared: "", shadowed: "shadowed",
		"*/logo.png (Exact) → a.io/Bucket/logos, of media": "",
		"home:http": "", "Deployment/home, Deployment/home-next": "",
	} {
		if class, ok := abouts[title]; !ok || class != want {
			t.Errorf("box %q has class %q, %v; want it with %q; there are %q", title, class, ok, want, abouts)
		}
	}
	if stripes[shared] != 2 {
		t.Errorf("the shared route has %d stripes, want one for each owner", stripes[shared])
	}
	dashed := 0
	for _, link := range d.Links {
		if link.Class == "link shadowed" {
			dashed++
			if link.Stroke != "#8a8a8a" {
				t.Errorf("the link that was made by hand has stroke %q, want grey", link.Stroke)
			}
		}
	}
	if dashed != 1 {
		t.Errorf("%d links are dashed, want 1", dashed)
	}
}

// Long names are cut short, and can be read where the reader points.
func TestDrawSVGCuts(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/" + strings.Repeat("long", 50), "/" + strings.Repeat("貨", 50)} {
		m := ingress.NewMap([]ingress.Route{to("Prefix", "", path, "s", "80")}, nil)
		d := drawn(t, m)
		if d.Width > 1000 {
			t.Errorf("the picture is %d wide", d.Width)
		}
		found := false
		for _, g := range d.Groups {
			if strings.HasPrefix(g.Title, "*"+path+" → ") {
				found = strings.HasSuffix(g.Texts[0].Text, "…")
			}
		}
		if !found {
			t.Errorf("no box of %s that is cut and has all of it in the title", path)
		}
	}
}

package ingress_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipway-go/slipway/ingress"
)

var formats = []ingress.Format{
	ingress.Text, ingress.JSON, ingress.Mermaid, ingress.DOT, ingress.SVG,
}

func draw(t testing.TB, m ingress.Map, f ingress.Format) string {
	t.Helper()
	var buf strings.Builder
	if err := ingress.Draw(&buf, m, f); err != nil {
		t.Fatalf("Draw(%s): %v", f, err)
	}
	return buf.String()
}

// shop is a map with everything in it: a shared route, one that is made by hand and
// has no shadow yet takes one, two hosts, a Resource, a port without a name.
func shop() ingress.Map {
	home := to("Prefix", "shop.example.com", "/", "home", "http")
	home.Source = "shop/home/ingress.yml:1"
	shared := home
	shared.Owner, shared.Source = "common", ""
	byHand := to("ImplementationSpecific", "shop.example.com", "", "old", "80")
	byHand.Owner = ingress.Unmanaged
	bucket := ingress.Route{PathType: "Exact", Path: "/logo.png", Owner: "media"}
	bucket.Backend.Resource = ingress.Resource{APIGroup: "a.io", Kind: "Bucket", Name: "logos"}
	m := ingress.NewMap([]ingress.Route{home, shared, byHand, bucket}, nil)
	for i := range 2 {
		m.Routes[i].Port, m.Routes[i].Workloads = 80, []string{"Deployment/home", "Deployment/home-next"}
	}
	return m
}

func TestDrawText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		m    ingress.Map
		want string
	}{{
		name: "none",
		want: "HOST   PATH   TYPE   BACKEND   OWNER   SOURCE\n",
	}, {
		name: "what nobody has is no column",
		m: ingress.NewMap([]ingress.Route{
			to("Prefix", "shop.example.com", "/kids", "kids", "http"),
			{PathType: "Exact", Owner: ingress.Unmanaged, Source: "a\tb\n\x1b[31m\u202e"},
		}, nil),
		want: `
HOST               PATH    TYPE     BACKEND     OWNER        SOURCE
shop.example.com   /kids   Prefix   kids:http   kids         -
*                  /       Exact    //          ~unmanaged   a�b��[31m�
`[1:],
	}, {
		name: "all of it, in the order given",
		m:    shop(),
		want: `
HOST               PATH        TYPE                     BACKEND             WORKLOAD                               OWNER        SOURCE                    SHADOWED BY
shop.example.com   /           Prefix                   home:http           Deployment/home,Deployment/home-next   home         shop/home/ingress.yml:1   -
shop.example.com   /           Prefix                   home:http           Deployment/home,Deployment/home-next   common       -                         -
shop.example.com   /           ImplementationSpecific   old:80              -                                      ~unmanaged   -                         shop.example.com/
*                  /logo.png   Exact                    a.io/Bucket/logos   -                                      media        -                         -
`[1:],
	}}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, draw(t, tt.m, ingress.Text)); diff != "" {
			t.Errorf("%s: Draw(text) (-want +got):\n%s", tt.name, diff)
		}
	}
}

// Programs find the owner, and what is not known is left out.
func TestDrawJSON(t *testing.T) {
	t.Parallel()
	m := shop()
	m.Routes = m.Routes[1:3]
	want := `{
  "routes": [
    {
      "host": "shop.example.com",
      "type": "Prefix",
      "path": "/",
      "to": "home:http",
      "port": 80,
      "workloads": [
        "Deployment/home",
        "Deployment/home-next"
      ],
      "owner": "common"
    },
    {
      "host": "shop.example.com",
      "type": "ImplementationSpecific",
      "path": "",
      "to": "old:80",
      "shadowedBy": "shop.example.com/",
      "owner": "~unmanaged"
    }
  ]
}
`
	if diff := cmp.Diff(want, draw(t, m, ingress.JSON)); diff != "" {
		t.Errorf("Draw(json) (-want +got):\n%s", diff)
	}
	if got := draw(t, ingress.Map{}, ingress.JSON); got != "{\n  \"routes\": []\n}\n" {
		t.Errorf("Draw(json) of nothing = %s, want an empty list", got)
	}
	if err := json.Unmarshal([]byte(`{"routes": [{"to": "nowhere"}]}`), &m); err == nil {
		t.Error("Unmarshal of a backend that is none: error = nil")
	}
}

// A shared route is one arrow, with both its owners.
func TestDrawGraphs(t *testing.T) {
	t.Parallel()
	want := `
flowchart LR
  n0(["shop.example.com"])
  n1["/"]
  n2["home#58;http (80)"]
  n3["Deployment/home"]
  n4["Deployment/home-next"]
  n5["/ (ImplementationSpecific), shadowed by shop.example.com/"]
  n6["old#58;80"]
  n7(["#42;"])
  n8["/logo.png (Exact)"]
  n9["a.io/Bucket/logos"]
  n0 --> n1
  n1 -->|"home, common"| n2
  linkStyle 1 stroke:#d9730d
  n2 --> n3
  n2 --> n4
  n0 --> n5
  n5 -.->|"#126;unmanaged"| n6
  linkStyle 5 stroke:#8a8a8a
  n7 --> n8
  n8 -->|"media"| n9
  linkStyle 7 stroke:#2f9e5b
`[1:]
	if diff := cmp.Diff(want, draw(t, shop(), ingress.Mermaid)); diff != "" {
		t.Errorf("Draw(mermaid) (-want +got):\n%s", diff)
	}
	dot := draw(t, shop(), ingress.DOT)
	for _, line := range []string{
		`  n0 [label="shop.example.com", shape=plaintext]`,
		`  n2 [label="home:http (80)"]`,
		`  n1 -> n2 [label="home, common", color="#d9730d"]`,
		`  n2 -> n4`,
		`  n5 -> n6 [label="~unmanaged", color="#8a8a8a", style=dashed]`,
	} {
		if !slices.Contains(strings.Split(dot, "\n"), line) {
			t.Errorf("Draw(dot) has no line %s:\n%s", line, dot)
		}
	}
}

func TestDrawErrors(t *testing.T) {
	t.Parallel()
	wantError(t, "Draw(png)", ingress.Draw(io.Discard, shop(), "png"), `no format "png": use text, json`)
	for _, f := range formats {
		if err := ingress.Draw(fullDisk{}, shop(), f); !errors.Is(err, errFull) {
			t.Errorf("Draw(%s) to a writer that fails: error = %v, want %v", f, err, errFull)
		}
	}
}

var errFull = errors.New("no space left")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

var (
	mermaidLine = regexp.MustCompile(`^(  n\d+(\["` + mermaidText + `"\]|\(\["` + mermaidText + `"\]\))` +
		`|  n\d+ -\.?->(\|"` + mermaidText + `"\|)? n\d+|  linkStyle \d+ stroke:#[0-9a-f]{6}|flowchart LR|)$`)
	dotLine = regexp.MustCompile(`^(  n\d+( -> n\d+)?( \[label="` + dotText + `"(, [a-z]+=("#[0-9a-f]{6}"|[a-z]+))*\])?` +
		`|  (node|edge) \[[a-z, =]+\]|  rankdir=LR|digraph routes \{|\}|)$`)
)

const (
	mermaidText = `([a-zA-Z0-9/.,() -]|[^\x00-\x7f]|#\d+;)*`
	dotText     = `([^"\\&]|\\"|\\\\|&amp;)*`
)

// Whatever templates say, it stays inside its quotes.
func FuzzDraw(f *testing.F) {
	f.Add("a.example.com", "/a", "home", "home", "Deployment/home")
	f.Add(`"><script>alert(1)</script>`, `/a"]; b --> c`, `\" -> x; y [`, "&lt; #35; %%", "`**m**`")
	f.Add("\x00\xff\ufffe", "/\u202e\n\t|", "\ud7ff\U0010ffff", "\\", "]]>")
	f.Add("*", strings.Repeat("/very-long", 30), strings.Repeat("貨物", 90), "", "")
	f.Fuzz(func(t *testing.T, host, path, service, owner, workload string) {
		m := ingress.NewMap([]ingress.Route{
			to("Prefix", host, path, service, "80"), to("ImplementationSpecific", host, path, owner, "1"),
			{Host: owner, PathType: service, Path: path, Owner: owner, Source: host},
			{Backend: ingress.Backend{Resource: ingress.Resource{Kind: service, Name: owner}}, Owner: host},
		}, nil)
		m.Routes[0].Workloads = []string{workload, service}
		m.Routes[2].Workloads = []string{workload}
		for _, f := range formats {
			if once, again := draw(t, m, f), draw(t, m, f); once != again {
				t.Errorf("Draw(%s) is not the same again", f)
			}
		}
		if got := strings.Count(draw(t, m, ingress.Text), "\n"); got != 5 {
			t.Errorf("Draw(text) has %d lines, want 5", got)
		}
		checkSVG(t, draw(t, m, ingress.SVG))
		checkLines(t, draw(t, m, ingress.Mermaid), mermaidLine)
		checkLines(t, draw(t, m, ingress.DOT), dotLine)
		if !slices.ContainsFunc(m.Routes, unwritable) {
			checkJSON(t, m)
		}
	})
}

// unwritable reports whether the route cannot be on a cluster, nor in JSON.
func unwritable(r ingress.MappedRoute) bool {
	var again ingress.Backend
	text, _ := r.Backend.MarshalText()
	return again.UnmarshalText(text) != nil || again != r.Backend ||
		!utf8.ValidString(fmt.Sprint(r.Route, r.Owner, r.Source, r.Backend, r.Workloads, r.ShadowedBy))
}

func checkJSON(t *testing.T, m ingress.Map) {
	t.Helper()
	var again ingress.Map
	if err := json.Unmarshal([]byte(draw(t, m, ingress.JSON)), &again); err != nil {
		t.Fatalf("Draw(json): %v", err)
	}
	if diff := cmp.Diff(m, again, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Draw(json) read again (-want +got):\n%s", diff)
	}
}

func checkLines(t *testing.T, text string, want *regexp.Regexp) {
	t.Helper()
	for line := range strings.Lines(text) {
		if !want.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("line %q does not match %s", line, want)
		}
	}
}

// checkSVG checks that it is well-formed, and made of nothing that runs or loads.
func checkSVG(t *testing.T, svg string) {
	t.Helper()
	known := []string{"svg", "title", "style", "rect", "g", "text", "path"}
	decoder := xml.NewDecoder(bytes.NewReader([]byte(svg)))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("Draw(svg): %v in\n%s", err, svg)
		}
		start, ok := token.(xml.StartElement)
		if ok && !slices.Contains(known, start.Name.Local) {
			t.Errorf("Draw(svg) has an element %s", start.Name.Local)
		}
		for _, attr := range start.Attr {
			if strings.HasPrefix(attr.Name.Local, "on") || strings.HasSuffix(attr.Name.Local, "href") ||
				attr.Name.Local == "style" {
				t.Errorf("Draw(svg) has an attribute %s", attr.Name.Local)
			}
		}
	}
}

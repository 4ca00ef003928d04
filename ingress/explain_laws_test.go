package ingress_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/ingress"
)

// somewhere returns routes, no two of which are the same, and a URL nearby.
func somewhere(d *rand.Rand) (routes []ingress.Route, url string) {
	path := func() string {
		return pick(d, "/", "/a", "/a/", "/a/b", "/ab", "/a/b/c", "/A", "/a/longer/one", "/longer")
	}
	seen := map[string]bool{}
	for range d.IntN(8) {
		r := ingress.Route{
			Host:     pick(d, "", "x.example.com", "y.example.com", "*.example.com", "*.x.example.com"),
			PathType: pick(d, "Exact", "Prefix", "ImplementationSpecific"),
			Path:     path(),
			Backend:  ingress.Backend{Service: pick(d, "a", "b", "c", "d"), Port: "80"},
		}
		if r.PathType == "Prefix" && r.Path == "/a/" {
			r.Path = "/a"
		}
		if seen[r.String()] {
			continue
		}
		seen[r.String()] = true
		routes = append(routes, r)
	}
	host := pick(d, "x.example.com", "X.EXAMPLE.com:80", "z.example.com", "z.x.example.com", "example.com")
	return routes, host + path() + pick(d, "", "/", "/more", "more")
}

// rank orders matches as the specification tells it: by host, Exact before the
// rest, then by the number of elements.
func rank(r ingress.Route) []int {
	host, exact := 0, 1
	switch {
	case r.Host == "":
		host = 2
	case strings.HasPrefix(r.Host, "*"):
		host = 1
	}
	if r.PathType == "Exact" {
		exact = 0
	}
	elements := slices.DeleteFunc(strings.Split(r.Path, "/"), func(s string) bool { return s == "" })
	return []int{host, exact, -len(elements)}
}

// FuzzExplain checks that the winner matches, that nothing which matches is ranked
// before it, and that every route is accounted for, whatever their order.
func FuzzExplain(f *testing.F) {
	seeds(f, 500)
	f.Fuzz(func(t *testing.T, seed uint64) {
		d := dice(seed)
		routes, url := somewhere(d)
		before := slices.Clone(routes)
		e := explain(t, routes, url)
		if diff := cmp.Diff(before, routes); diff != "" {
			t.Errorf("Explain(%s) changed routes (-want +got):\n%s", url, diff)
		}
		checkCandidates(t, routes, e)
		checkWinner(t, routes, e)
		checkAnswers(t, e)
		shuffle(d, routes)
		again := explain(t, routes, url)
		if diff := cmp.Diff(e.Winner, again.Winner); diff != "" {
			t.Errorf("Explain(%s) of shuffled routes: winner (-want +got):\n%s", url, diff)
		}
	})
}

func checkWinner(t *testing.T, routes []ingress.Route, e *ingress.Explanation) {
	t.Helper()
	host := 3 // the rank of the most specific host
	for _, r := range routes {
		if matches(ingress.Route{Host: r.Host, PathType: "Prefix", Path: "/"}, e.Host, e.Path) {
			host = min(host, rank(r)[0])
		}
	}
	for _, r := range routes {
		switch matching := matches(r, e.Host, e.Path); {
		case e.Winner == nil && matching && rank(r)[0] == host:
			t.Errorf("%s%s: no winner, want %s", e.Host, e.Path, r)
		case e.Winner != nil && matching && slices.Compare(rank(r), rank(*e.Winner)) < 0:
			t.Errorf("%s%s: winner %s, want %s before it", e.Host, e.Path, e.Winner, r)
		}
	}
	if w := e.Winner; w != nil && (!matches(*w, e.Host, e.Path) || rank(*w)[0] != host) {
		t.Errorf("%s%s: winner %s does not match", e.Host, e.Path, e.Winner)
	}
}

func checkCandidates(t *testing.T, routes []ingress.Route, e *ingress.Explanation) {
	t.Helper()
	count := map[ingress.Route]int{}
	for _, r := range routes {
		count[r]++
	}
	for _, c := range e.Candidates {
		count[c.Route]--
		if c.Matches != matches(c.Route, e.Host, e.Path) || c.Reason == "" {
			t.Errorf("%s%s: candidate %+v, want Matches %v and a reason", e.Host, e.Path, c, !c.Matches)
		}
	}
	for r, n := range count {
		if n != 0 {
			t.Errorf("%s%s: %s is left over %d times", e.Host, e.Path, r, n)
		}
	}
	if w := e.Winner; w != nil && *w != e.Candidates[0].Route {
		t.Errorf("%s%s: first candidate %s, want the winner %s", e.Host, e.Path, e.Candidates[0].Route, w)
	}
}

func checkAnswers(t *testing.T, e *ingress.Explanation) {
	t.Helper()
	for _, a := range e.Controllers {
		elsewhere := (a.Winner == nil) != (e.Winner == nil) ||
			a.Winner != nil && a.Winner.Backend != e.Winner.Backend
		if elsewhere && !a.Differs || a.Differs && a.Reason == "" {
			t.Errorf("%s%s: answer %+v, want it to differ, with a reason", e.Host, e.Path, a)
		}
	}
	if len(e.Controllers) != 3 || e.Rule == "" || e.String() == "" {
		t.Errorf("%s%s: %d controllers, rule %q, want 3 and a rule", e.Host, e.Path, len(e.Controllers), e.Rule)
	}
}

// FuzzExplainURL checks that any text is a request, or an error.
func FuzzExplainURL(f *testing.F) {
	for _, url := range []string{"", "h", "http://h/a", "//h", "h/%2f/%zz", "[::1]:1/", ".", "*.h/a", "a b/c"} {
		f.Add(url)
	}
	routes := written("P -/ a", "P *.h/a b", "E h/a c", "I h/ d")
	f.Fuzz(func(t *testing.T, url string) {
		e, err := ingress.Explain(routes, url)
		if (e == nil) == (err == nil) {
			t.Fatalf("Explain(%q) = %v, error %v, want one of them", url, e, err)
		}
		if e != nil && (e.Host == "" || !strings.HasPrefix(e.Path, "/")) {
			t.Errorf("Explain(%q): host %q, path %q", url, e.Host, e.Path)
		}
	})
}

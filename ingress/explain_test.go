package ingress_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/ingress"
)

// written returns the routes that lines of "type host/path owner" tell; each leads
// to port http of the Service that is named like its owner.
func written(text ...string) []ingress.Route {
	types := map[string]string{"E": "Exact", "P": "Prefix", "I": "ImplementationSpecific"}
	var routes []ingress.Route
	for _, line := range text {
		words := strings.Fields(line)
		host, path, _ := strings.Cut(words[1], "/")
		r := ingress.Route{Host: strings.TrimPrefix(host, "-"), Path: "/" + path, PathType: types[words[0]],
			Owner: words[2], Source: "shop/" + words[2] + "/ingress.yml:1",
			Backend: ingress.Backend{Service: words[2], Port: "http"}}
		routes = append(routes, r)
	}
	return routes
}

func explain(t testing.TB, routes []ingress.Route, url string) *ingress.Explanation {
	t.Helper()
	e, err := ingress.Explain(routes, url)
	if err != nil {
		t.Fatalf("Explain(%s) error = %v, want none", url, err)
	}
	return e
}

func winner(r *ingress.Route) string {
	if r == nil {
		return ""
	}
	return r.Owner
}

// The table "Examples" of the specification: which paths match which requests.
func TestExplainSpecification(t *testing.T) {
	t.Parallel()
	tests := []struct {
		routes, path string
		want         string
	}{
		{"P h/ a", "/any/path", "a"},
		{"E h/foo a", "/foo", "a"},
		{"E h/foo a", "/bar", ""},
		{"E h/foo a", "/foo/", ""},
		{"E h/foo/ a", "/foo", ""},
		{"P h/foo a", "/foo", "a"},
		{"P h/foo a", "/foo/", "a"},
		{"P h/foo/ a", "/foo", "a"},
		{"P h/foo/ a", "/foo/", "a"},
		{"P h/aaa/bb a", "/aaa/bbb", ""},
		{"P h/aaa/bbb a", "/aaa/bbb", "a"},
		{"P h/aaa/bbb/ a", "/aaa/bbb", "a"},
		{"P h/aaa/bbb a", "/aaa/bbb/", "a"},
		{"P h/aaa/bbb a", "/aaa/bbb/ccc", "a"},
		{"P h/aaa/bbb a", "/aaa/bbbxyz", ""},
		{"P h/ a, P h/aaa b", "/aaa/ccc", "b"},
		{"P h/ a, P h/aaa b, P h/aaa/bbb c", "/aaa/bbb", "c"},
		{"P h/ a, P h/aaa b, P h/aaa/bbb c", "/ccc", "a"},
		{"P h/aaa a", "/ccc", ""},
		{"P h/foo a, E h/foo b", "/foo", "b"},
		{"P h/FOO a", "/foo", ""},
		{"I h/foo a", "/foo/bar", "a"},
		{"I h/foo a", "/foobar", ""},
		{"I h/foo a, P h/foo b", "/foo", "b"},
	}
	for _, tt := range tests {
		e := explain(t, written(strings.Split(tt.routes, ", ")...), "h"+tt.path)
		if got := winner(e.Winner); got != tt.want {
			t.Errorf("Explain(%s) of %s: winner %q, want %q", tt.path, tt.routes, got, tt.want)
		}
	}
}

// A wildcard stands for one label; the more specific host is asked first, and alone.
func TestExplainHosts(t *testing.T) {
	t.Parallel()
	routes := written("P foo.com/ bare", "P *.foo.com/ wildcard", "P a.foo.com/only precise", "P -/ any")
	for host, want := range map[string]string{
		"foo.com":            "bare",
		"b.foo.com":          "wildcard",
		"B.Foo.com":          "wildcard",
		"b.foo.com:8443":     "wildcard",
		"b.a.foo.com":        "any",
		"a.foo.com/only/two": "precise",
		"a.foo.com/other":    "",
		"bar.com":            "any",
		"[::1]:80":           "any",
		"localhost":          "any",
	} {
		if got := winner(explain(t, routes, host).Winner); got != want {
			t.Errorf("Explain(%s) winner %q, want %q", host, got, want)
		}
	}
}

func TestExplainReasons(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		routes []ingress.Route
		url    string
		want   []string
	}{{
		name: "paths",
		routes: written("P h/ root", "P h/kids kids", "E h/kids/x exact", "P h/KIDS upper", "P h/kid short",
			"E h/kids exact2", "E h/Kids/x exact3", "P other/ host", "P h/mens mens"),
		url: "http://h/kids/x?query#fragment",
		want: []string{
			"exact: true, an Exact match is preferred to a Prefix match",
			"kids: true, an Exact match is preferred to a Prefix match",
			"root: true, an Exact match is preferred to a Prefix match",
			"upper: false, matching is case sensitive",
			"short: false, matching is element by element: /kid ends within one of /kids/x",
			"exact2: false, Exact matches the URL path exactly",
			"exact3: false, matching is case sensitive",
			"host: false, another host",
			"mens: false, /mens is not a prefix of /kids/x",
		},
	}, {
		name:   "prefixes",
		routes: written("P h/ root", "P h/kids kids"),
		url:    "h/kids",
		want: []string{
			"kids: true, of multiple prefix matches, the longest path counts",
			"root: true, of multiple prefix matches, the longest path counts",
		},
	}, {
		name:   "hosts",
		routes: written("P -/ any", "P *.b.c/ wildcard", "P a.b.c/ precise", "P *.c/ two"),
		url:    "a.b.c",
		want: []string{
			"precise: true, the precise host comes before the wildcard",
			"wildcard: true, the precise host comes before the wildcard",
			"any: true, a rule with the host comes before one without",
			"two: false, the wildcard matches only a single label",
		},
	}, {
		name:   "the host is chosen before the path",
		routes: written("P -/ any", "P a.b/x precise"),
		url:    "a.b",
		want: []string{
			"any: true, the host is matched first, and no path of a.b matches",
			"precise: false, /x is not a prefix of /",
		},
	}, {
		name:   "ImplementationSpecific",
		routes: written("I h/kids kids", "P h/ root"),
		url:    "h/kids",
		want: []string{
			"kids: true, preference depends on the implementation where a match is ImplementationSpecific; " +
				"ImplementationSpecific, which is up to the IngressClass, is read as Prefix here",
			"root: true, preference depends on the implementation where a match is ImplementationSpecific",
		},
	}, {
		name: "what leads to the same place does not lose to it",
		routes: append(written("P h/kids kids", "P h/ kids"),
			ingress.Route{Host: "h", PathType: "Prefix", Path: "/kids", Owner: "toys",
				Backend: ingress.Backend{Service: "kids", Port: "http"}}),
		url: "h/kids",
		want: []string{
			"kids: true, all rules that match lead to this backend",
			"toys: true, toys shares the route with kids",
			"kids: true, of multiple prefix matches, the longest path counts",
		},
	}, {
		name:   "twins made by hand",
		routes: written("P h/kids one", "P h/kids two"),
		url:    "h/kids",
		want: []string{
			"one: true, the same host, path type and path twice: which counts is not specified",
			"two: true, the same host, path type and path twice: which counts is not specified",
		},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := explain(t, tt.routes, tt.url)
			var got []string
			for _, c := range e.Candidates {
				got = append(got, fmt.Sprintf("%s: %v, %s", c.Route.Owner, c.Matches, c.Reason))
			}
			wantLines(t, "Explain() candidates", tt.want, got)
		})
	}
}

// stripped returns routes as written does, the first one stripped.
func stripped(text ...string) []ingress.Route {
	routes := written(text...)
	routes[0].Strip = true
	return routes
}

const regexReason = "a route of the host is stripped, which makes all its paths regular expressions " +
	"without case: the longest that begins like the request counts"

func TestExplainControllers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		routes []ingress.Route
		url    string
		want   []string // of Traefik, ingress-nginx and Gateway API, where they differ
	}{{
		name:   "nothing special",
		routes: written("P h/kids kids", "P h/ home"),
		url:    "h/kids/x",
	}, {
		name:   "Traefik: a shorter rule loses though it is Exact",
		routes: written("E h/foo exact", "P h/foo prefix"),
		url:    "h/foo",
		want: []string{"Traefik 3: prefix, the longest rule comes first, and " +
			"Host(`h`) && PathPrefix(`/foo`) has 31 characters, Host(`h`) && Path(`/foo`) 25"},
	}, {
		name:   "Traefik: an Exact path that is long enough wins",
		routes: written("E h/foo/1234567 exact", "P h/foo prefix"),
		url:    "h/foo/1234567",
	}, {
		name:   "Traefik: equally long rules",
		routes: written("E h/foo/12345 exact", "P h/foo prefix"),
		url:    "h/foo/12345",
		want: []string{"Traefik 3: exact, or prefix:http by prefix (shop/prefix/ingress.yml:1): " +
			"both rules have 31 characters, and which comes first is open"},
	}, {
		name:   "Traefik: a wildcard makes a longer rule",
		routes: written("P a.shop.com/ precise", "P *.shop.com/kids wildcard"),
		url:    "a.shop.com/kids",
		want: []string{"Traefik 3: wildcard, the longest rule comes first, and " +
			"HostRegexp(`^[a-zA-Z0-9-]+\\.shop\\.com$`) && PathPrefix(`/kids`) has 63 characters, " +
			"Host(`a.shop.com`) && PathPrefix(`/`) 37"},
	}, {
		name:   "Traefik: prefixes of characters",
		routes: written("P h/home home"),
		url:    "h/homewares",
		want: []string{"Traefik 3: home, Host(`h`) && PathPrefix(`/home`) matches by characters " +
			"unless strictPrefixMatching is set"},
	}, {
		name:   "Traefik: another host's rule is tried as well",
		routes: written("P a.b/x precise", "P -/ any"),
		url:    "a.b/y",
		want:   []string{"Traefik 3: any, it tries each rule by itself, and PathPrefix(`/`) matches"},
	}, {
		name:   "ImplementationSpecific by characters",
		routes: written("I h/home home", "P h/ root"),
		url:    "h/homewares",
		want: []string{
			"Traefik 3: home, Host(`h`) && PathPrefix(`/home`) matches by characters " +
				"unless strictPrefixMatching is set",
			"ingress-nginx: home, ImplementationSpecific matches by characters there",
		},
	}, {
		name:   "ImplementationSpecific with a slash at its end",
		routes: written("I h/kids/ kids"),
		url:    "h/kids",
		want: []string{
			"Traefik 3: , it matches prefixes by characters: none is one of /kids",
			"ingress-nginx: , ImplementationSpecific matches by characters: none is a prefix of /kids",
		},
	}, {
		name:   "Gateway API: a wildcard of several labels",
		routes: written("P *.b.c/ long", "P *.c/ short", "P -/ any"),
		url:    "x.a.b.c",
		want:   []string{"Gateway API: long, a wildcard host covers one label or more"},
	}, {
		name:   "Gateway API: no ImplementationSpecific",
		routes: written("I h/kids specific", "P h/kids prefix"),
		url:    "h/kids",
		want: []string{
			"Traefik 3: prefix, or specific:http by specific (shop/specific/ingress.yml:1): " +
				"both rules have 32 characters, and which comes first is open",
			"Gateway API: specific, ImplementationSpecific is a PathPrefix there, " +
				"and of equal matches the first counts",
		},
	}, {
		name:   "ingress-nginx: a stripped route makes regular expressions of all paths",
		routes: stripped("P h/api api", "P h/home home", "E h/kids kids", "P h/ root", "I h/m(en|an)s mens"),
		url:    "h/HomeWares",
		want:   []string{"ingress-nginx: home, " + regexReason},
	}, {
		name:   "ingress-nginx: of a stripped route, the path is matched by elements",
		routes: stripped("P h/api api", "P h/ root"),
		url:    "h/apis",
		want: []string{"Traefik 3: api, Host(`h`) && PathPrefix(`/api`) matches by characters " +
			"unless strictPrefixMatching is set"},
	}, {
		name:   "ingress-nginx: Exact is none any more",
		routes: stripped("P h/api api", "P h/ root", "E h/kids kids"),
		url:    "h/kids/1",
		want:   []string{"ingress-nginx: kids, " + regexReason},
	}, {
		name:   "ingress-nginx: another host's paths stay as they are",
		routes: stripped("P h/api api", "P i/home home", "P i/ root"),
		url:    "i/HOME",
	}, {
		name:   "ingress-nginx: a pattern of one's own",
		routes: stripped("P h/api api", "I h/m(en|an)s mens", "P h/ root"),
		url:    "h/mans",
		want:   []string{"ingress-nginx: mens, " + regexReason},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, a := range explain(t, tt.routes, tt.url).Controllers {
				if a.Differs {
					got = append(got, fmt.Sprintf("%s: %s, %s", a.Controller, winner(a.Winner), a.Reason))
				}
			}
			wantLines(t, "Explain() controllers that differ", tt.want, got)
		})
	}
}

func TestExplainURL(t *testing.T) {
	t.Parallel()
	tests := []struct{ url, host, path string }{
		{"shop.example.com", "shop.example.com", "/"},
		{"https://shop.example.com:8443/kids/", "shop.example.com", "/kids/"},
		{"http://user:secret@h/a%20b?c=d#e", "h", "/a b"},
		{"h?query", "h", "/"},
	}
	for _, tt := range tests {
		e := explain(t, nil, tt.url)
		if e.Host != tt.host || e.Path != tt.path || e.Winner != nil {
			t.Errorf("Explain(%s) = %+v, want host %s, path %s, no winner", tt.url, e, tt.host, tt.path)
		}
	}
}

func TestExplainURLErrors(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"/kids":     `URL "http:///kids" has no host: write it as shop.example.com/path`,
		"":          `URL "http://" has no host: write it as shop.example.com/path`,
		"ftp://h/x": `URL "ftp://h/x": scheme ftp: want http or https`,
		"h/%zz":     `URL "http://h/%zz": invalid URL escape "%zz"`,
		"h:port/x":  `URL "http://h:port/x": invalid port ":port" after host`,
	} {
		e, err := ingress.Explain(nil, url)
		if err == nil || err.Error() != want || e != nil {
			t.Errorf("Explain(%q) = %v, error %v, want error %s", url, e, err, want)
		}
	}
}

func TestExplanationStringNoRoutes(t *testing.T) {
	t.Parallel()
	want := `
h/ → no service
no rule matches: the default backend answers, if there is one

Traefik 3       no service: 404, since it ignores spec.defaultBackend beside rules
ingress-nginx   the same
Gateway API     no service: 404, since there is no default backend
`[1:]
	if diff := cmp.Diff(want, explain(t, nil, "h").String()); diff != "" {
		t.Errorf("Explain(h).String() (-want +got):\n%s", diff)
	}
}

// Which service answers a URL, and where controllers do otherwise.
func ExampleExplain() {
	backend := func(service string) ingress.Backend { return ingress.Backend{Service: service, Port: "http"} }
	routes := []ingress.Route{
		{Host: "shop.example.com", PathType: "Exact", Path: "/kids", Backend: backend("landing"), Owner: "home"},
		{Host: "shop.example.com", PathType: "Prefix", Path: "/kids", Backend: backend("kids"), Owner: "kids"},
		{Host: "shop.example.com", PathType: "Prefix", Path: "/kid", Backend: backend("kid"), Owner: "kid"},
	}
	explanation, err := ingress.Explain(routes, "https://shop.example.com/kids")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(explanation.Winner.Backend, "answers:", explanation.Rule)
	for _, answer := range explanation.Controllers {
		if answer.Differs {
			fmt.Println(answer.Controller, "sends it to", answer.Winner.Backend)
		}
	}
	fmt.Print("\n", explanation)
	// Output:
	// landing:http answers: an Exact match is preferred to a Prefix match
	// Traefik 3 sends it to kids:http
	//
	// shop.example.com/kids → landing:http by home
	// an Exact match is preferred to a Prefix match
	//
	// wins    shop.example.com/kids (Exact)   landing:http   an Exact match is preferred to a Prefix match
	// loses   shop.example.com/kids           kids:http      an Exact match is preferred to a Prefix match
	// -       shop.example.com/kid            kid:http       matching is element by element: /kid ends within one of /kids
	//
	// Traefik 3       kids:http by kids: the longest rule comes first, and Host(`shop.example.com`) && PathPrefix(`/kids`) has 47 characters, Host(`shop.example.com`) && Path(`/kids`) 41
	// ingress-nginx   the same
	// Gateway API     the same
}

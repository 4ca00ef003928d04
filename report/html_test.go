package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/apply/policy"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/report"
)

func TestHTMLDeploy(t *testing.T) {
	t.Parallel()
	page := parse(t, story{services: 10}.tell(t))
	wantText(t, "head", page.all("header")[0],
		"deploy shop ✓ done", "When 2000-01-01 00:00:00 UTC", "Took 26.0s", "Namespace shop", "Requests 30",
		"Commit 0c1ffee", "Build 22", "By ci", "~ 10 configured", "= 11 unchanged")
	services := page.section(t, "services")
	if rows := services.all("tr"); len(rows) != 11 {
		t.Errorf("the time line has %d rows, want a head and 10 services", len(rows))
	}
	wantText(t, "time line", services, "0s 10s 20s", "✓ service-003 1 configured, 1 unchanged ready after 14.0s",
		"1 service is as it was common")
	var bar []string
	for _, rect := range services.all("tr")[4].all("rect") {
		bar = append(bar, rect.attr("class")+" "+rect.attr("x")+" "+rect.attr("width"))
	}
	if want := []string{"sent 0.05% 0.50%", "waiting 0.15% 53.76%"}; !slices.Equal(bar, want) {
		t.Errorf("the bar of service-003 is %q, want %q", bar, want)
	}
	changes := page.section(t, "changes")
	wantText(t, "changes", changes, "~ configured Deployment service-003 shop/common/each/deployment.yml:2",
		"- - image: shop/any:21", "+ - image: shop/any:22", "40ms waiting: Available: 0/2",
		"3.0s waiting: Available: 1/2 14.0s ready: Deployment is available. Replicas: 2",
		"As before: Service service-003")
	wantText(t, "routes", page.section(t, "routes"), "None of them changed.",
		"app.shoppingapp.com /service-3 service-003:http 80 service-003")
	if len(page.section(t, "routes").all("svg")) != 1 {
		t.Error("the routes have no picture")
	}
}

// Failures come first, each with its pods, and with links from the objects.
func TestHTMLFailure(t *testing.T) {
	t.Parallel()
	text := story{services: 10, fails: 2}.tell(t)
	page := parse(t, text)
	wantText(t, "head", page.all("header")[0], "✗ failed", "↶ 2 undone")
	if first := page.all("section")[0].attr("id"); first != "failures" {
		t.Errorf("the first section is %q, want the failures", first)
	}
	failure := page.section(t, "f2")
	wantText(t, "failure", failure, "✗ Deployment shop/service-001 rollout shop/common/each/deployment.yml:2",
		"rollout failed: Available: 1/2 pod service-001-5d9f, container service-001: CrashLoopBackOff (exit code 1) (and 1 more pods)",
		"listening on :5000 panic: dial tcp: lookup db: no such host", "Remove the cause and deploy again.")
	wantText(t, "time line", page.section(t, "services"),
		"Rollout ✗ service-000 1 undone, 1 unchanged failed after 8.0s, undone after 11.0s ✗ service-001")
	if strings.Count(text, `<a href="#f2">`) != 1 {
		t.Error("the object that failed does not link to its failure")
	}
	wantText(t, "changes", page.section(t, "changes"), `.image: "shop/any:21" → "shop/any:22"`)
}

// What was not tried is told, and what was noted, whatever became of the object.
func TestHTMLRest(t *testing.T) {
	t.Parallel()
	page := parse(t, pageOf(t, outcome()))
	wantText(t, "changes", page.section(t, "changes"), "Not tried: Ingress shop/shop",
		"unchanged Service shop/kids ::error::noticed")
	wantText(t, "remarks", page.section(t, "remarks"), "warning: shop/common/ingress.yml:1: no class")
}

func TestHTMLPlan(t *testing.T) {
	t.Parallel()
	page := parse(t, story{services: 3, plan: true, fresh: true}.tell(t))
	wantText(t, "head", page.all("header")[0], "plan shop ~ changes are pending", "+ 7 created")
	wantText(t, "changes", page.section(t, "changes"), "What would change", "+kind: Ingress")
	wantText(t, "routes", page.section(t, "routes"), "3 of them would change.", "service-001 + new")
	if text := page.text(); strings.Contains(text, "Time line") {
		t.Error("a plan has a time line")
	}
}

// The template's place and line, and the conflict of routes, are told as errors have them.
func TestHTMLErrors(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{"a/s/one.yml": {Data: []byte("kind: ConfigMap\nmetadata:\n  name: {{ nam }}\n")}}
	_, broken := (&slipway.Deployer{Root: tree, App: "a"}).Render(t.Context())
	route := ingress.Route{Host: "a.example.com", Path: "/x", PathType: "Prefix", Owner: "s"}
	route.Backend.Service, route.Backend.Port = "s", "80"
	other := route
	other.Owner, other.Backend.Service = "t", "t"
	conflict := &ingress.ConflictError{Conflicts: []ingress.Conflict{{A: route, B: other}}}
	forbidden := &policy.Error{Object: "Pod p", Rule: "kinds", Field: "kind", Err: errors.New("no")}
	page := parse(t, pageOf(t, report.Outcome{
		Verb: "deploy", App: "a", Result: &slipway.Result{}, Err: errors.Join(broken, conflict, forbidden),
	}))
	wantText(t, "failures", page.section(t, "failures"), "3 failures",
		"It is not allowed, or the cluster does not take it, as it is.",
		`✗ a/s/one.yml:3:12 input "nam" is not set: set it in a vars.yml, or pass it as a value 3 | name: {{ nam }} | ^`)
	wantText(t, "routes", page.section(t, "routes"),
		"conflict: a.example.com/x: s leads it to s:80, t to t:80")
}

func TestHTMLRouteByHand(t *testing.T) {
	t.Parallel()
	result := &slipway.Result{Routes: []ingress.Route{{Path: "/x", PathType: "Prefix", Owner: ingress.Unmanaged}}}
	page := parse(t, pageOf(t, report.Outcome{Verb: "plan", App: "a", Result: result}))
	wantText(t, "row", page.section(t, "routes").all("tr")[1], "any /x", "none: made by hand")
}

// pageOf returns the page of a run of no time.
func pageOf(t *testing.T, o report.Outcome) string {
	t.Helper()
	var page strings.Builder
	synctest.Test(t, func(t *testing.T) {
		r, err := report.New(report.Options{Out: io.Discard, Log: io.Discard, HTML: &page})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.End(o); err != nil {
			t.Errorf("End() error = %v", err)
		}
	})
	return page.String()
}

// Whatever comes from templates, pods or the cluster, it is text, and can be seen.
func TestHTMLIsText(t *testing.T) {
	t.Parallel()
	const evil = "</pre><script>alert(1)</script><img src=x onerror='a'>\x1b[31mred\x1b[0m\x00\u202e\x9b\xff"
	object := func(value string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"a": value}, "status": value,
		}}
	}
	c := apply.Change{
		Ref: apply.Ref{Kind: evil, Name: evil, Namespace: evil}, Source: evil, Set: evil, Action: apply.Configured,
		Before: object(""), Live: object(evil), Notes: []string{evil}, Adopted: []apply.Adoption{{
			Manager: evil, Dropped: []apply.FieldChange{{Path: evil, Old: evil}},
		}},
	}
	c.Err = rolloutError(c)
	result := &slipway.Result{Warnings: []string{evil}, Routes: []ingress.Route{{
		Host: evil, Path: evil, PathType: evil, Owner: evil, Source: evil,
	}}}
	result.Changes, result.Notes = []apply.Change{c}, []string{evil}
	page := pageOf(t, report.Outcome{
		Verb: evil, App: evil, Result: result, Err: errors.Join(c.Err, errors.New(evil)),
		Namespace: evil, Commit: evil, User: evil,
	})
	for _, unwanted := range []string{"<script", "<img", "\x1b", "\x00", "\u202e", "\xff"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
	root := parse(t, page)
	for _, name := range []string{"script", "img", "link", "iframe", "object", "form", "base"} {
		if found := root.all(name); len(found) > 0 {
			t.Errorf("the page has %d elements %s", len(found), name)
		}
	}
}

// What is cut out of a text takes no markup along, and of the text only what steers.
func TestHTMLKeepsText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"cut off \x1b[":              "cut off \ufffd[",
		"\x1b[1;31mred\x1b[0m\r\n":   "red",
		"10\u00a0MiB\u3000\u30c7":    "10\u00a0MiB\u3000\u30c7",
		"\U0001f469\u200d\U0001f4bb": "\U0001f469\u200d\U0001f4bb",
		"a\u0085\u2067b\ufffe":       "a\ufffd\ufffdb\ufffd",
		"<b>\x1b[<i>":                "<b>>",
	} {
		c := apply.Change{Ref: ref("Job", "a"), Action: apply.Configured, Notes: []string{text}}
		c.Err = &apply.RolloutError{Pods: []apply.PodFailure{{Pod: "a", Log: []string{text}}}}
		result := &slipway.Result{}
		result.Changes, result.Warnings = []apply.Change{c}, []string{text}
		root := parse(t, pageOf(t, report.Outcome{Verb: "deploy", App: text, Result: result, Err: c.Err}))
		for _, name := range []string{"title", "pre", "li"} {
			found := root.all(name)
			if got := found[len(found)-1].children; !strings.Contains(got[len(got)-1].data, want) {
				t.Errorf("%s of %q = %q, want %q", name, text, got[len(got)-1].data, want)
			}
		}
	}
}

// The page needs nothing: a browser may load its styles, by their hashes, and no more.
func TestHTMLNeedsNothing(t *testing.T) {
	t.Parallel()
	root := parse(t, story{services: 2}.tell(t))
	var policy string
	for _, meta := range root.all("meta") {
		if meta.attr("http-equiv") == "Content-Security-Policy" {
			policy = meta.attr("content")
		}
	}
	styles := root.all("style")
	if len(styles) != 2 {
		t.Errorf("the page has %d styles, want its own and the picture's", len(styles))
	}
	want := "default-src 'none'; base-uri 'none'; form-action 'none'; style-src"
	for _, style := range styles {
		want += fmt.Sprintf(" 'sha256-%s'", sha256Of(style.children[0].data))
		if strings.Contains(style.children[0].data, "url(") || strings.Contains(style.children[0].data, "@import") {
			t.Error("a style loads something")
		}
	}
	if policy != want {
		t.Errorf("the policy is %q, want %q", policy, want)
	}
	checkAttributes(t, root)
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// checkAttributes checks that there is nothing which loads or runs, that IDs are of one
// element, and that links lead to one.
func checkAttributes(t *testing.T, n node) {
	t.Helper()
	ids, links := map[string]int{}, map[string]bool{}
	var walk func(node)
	walk = func(n node) {
		for _, a := range n.attrs {
			switch name := a.Name.Local; {
			case name == "id":
				ids[a.Value]++
			case name == "href":
				links[a.Value] = true
			case name == "src", name == "style", strings.HasPrefix(name, "on"):
				t.Errorf("%s has an attribute %s", n.name, name)
			}
		}
		for _, child := range n.children {
			walk(child)
		}
	}
	walk(n)
	for id, number := range ids {
		if number > 1 {
			t.Errorf("%d elements have the ID %s", number, id)
		}
	}
	for link := range links {
		if id, local := strings.CutPrefix(link, "#"); !local || ids[id] == 0 {
			t.Errorf("link %q leads nowhere", link)
		}
	}
}

func TestHTMLMasksSecrets(t *testing.T) {
	t.Parallel()
	secret := func(value string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Secret", "data": map[string]any{"password": value},
			"metadata": map[string]any{"name": "s"},
		}}
	}
	for _, plan := range []bool{false, true} {
		result := &slipway.Result{}
		result.Changes = []apply.Change{
			{Ref: ref("Secret", "s"), Action: apply.Configured, Before: secret("aHVudGVyMQ=="), Live: secret("aHVudGVyMg==")},
			{Ref: ref("Secret", "t"), Action: apply.Created, Live: secret("aHVudGVyMw==")},
			{Ref: ref("Secret", "u"), Action: apply.Pruned, Before: secret("aHVudGVyNA==")},
		}
		page := pageOf(t, report.Outcome{Verb: "deploy", App: "a", Plan: plan, Result: result})
		if strings.Contains(page, "aHVudGVy") {
			t.Errorf("the page tells a Secret's value (plan: %v)", plan)
		}
		wantText(t, "changes", parse(t, page).section(t, "changes"), "password: '*** (before)'", "password: '*** (after)'")
	}
}

// A run of 300 services is a page that browsers and archives take easily, whatever changed.
func TestHTMLSize(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]story{
		"deploy": {services: 300}, "new": {services: 300, fresh: true}, "failed": {services: 300, fails: 300},
		"plan": {services: 300, fresh: true, plan: true},
	} {
		page := s.tell(t)
		if len(page) > 1e6 {
			t.Errorf("%s: the page of 300 services has %d bytes, want at most a million", name, len(page))
		}
		t.Logf("%s: %d bytes", name, len(page))
		parse(t, page)
	}
}

// The same run gives the same bytes.
func TestHTMLIsTheSameAgain(t *testing.T) {
	t.Parallel()
	s := story{services: 5, fails: 1}
	if diff := cmp.Diff(s.tell(t), s.tell(t)); diff != "" {
		t.Errorf("the page is another one (-first +second):\n%s", diff)
	}
}

// Of a long wait the page tells how it began and how it ended.
func TestHTMLLongWait(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	o := story{services: 1}.outcome(t)
	synctest.Test(t, func(t *testing.T) {
		r, err := report.New(report.Options{Out: io.Discard, Log: io.Discard, HTML: &page})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			r.Event(apply.Event{Kind: apply.EventWaiting, Ref: o.Result.Changes[0].Ref, Message: fmt.Sprintf("%d/100", i)})
			time.Sleep(time.Second)
		}
		if err := r.End(o); err != nil {
			t.Error(err)
		}
	})
	wantText(t, "the page", parse(t, page.String()), "3.0s waiting: 3/100 (86 more) 1m30s waiting: 90/100",
		"waited until the end")
}

// A page that cannot be written is an error, and the result is written all the same.
func TestHTMLUnwritable(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	r, err := report.New(report.Options{Out: &out, Log: io.Discard, HTML: full{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.End(outcome()); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("End() error = %v, want %v", err, io.ErrShortWrite)
	}
	if !strings.HasPrefix(out.String(), "created ") {
		t.Errorf("Out = %q, want the result", out.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

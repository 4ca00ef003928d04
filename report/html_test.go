package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/report"
)

// A story is a deploy, or a plan, of the reference application with many services, as a
// Reporter sees it.
type story struct {
	services int
	plan     bool
	fresh    bool // nothing was there
	fails    int  // how many rollouts fail
}

// objects renders the services with the image.
func (s story) objects(t *testing.T, image string) *ingress.Result {
	t.Helper()
	tree := fstest.MapFS{}
	for _, name := range []string{"each/deployment.yml", "each/service.yml", "ingress.yml", "vars.yml"} {
		data, err := fs.ReadFile(shoppingapp.Tree(), shoppingapp.App+"/common/"+name)
		if err != nil {
			t.Fatal(err)
		}
		tree["shop/common/"+name] = &fstest.MapFile{Data: data}
	}
	for i := range s.services {
		tree[fmt.Sprintf("shop/service-%03d/ingress.yml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, `
apiVersion: networking.k8s.io/v1
kind: Ingress
spec:
  rules:
  - http:
      paths:
      - path: /service-%d
        pathType: Prefix
        backend: {service: {name: "{{ service_name }}", port: {name: http}}}
`, i)}
	}
	d := slipway.Deployer{Root: tree, App: "shop", Values: map[string]any{"image_id": image}}
	rendered, err := d.Render(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rendered
}

// outcome is what comes of it: Deployments have another image, and Services are as they
// were, unless all is fresh.
func (s story) outcome(t *testing.T) report.Outcome {
	t.Helper()
	before, after := s.objects(t, "shop/any:21"), s.objects(t, "shop/any:22")
	result := &slipway.Result{Routes: after.Routes}
	result.Requests = 3 * s.services
	o := report.Outcome{
		Verb: "deploy", App: "shop", Result: result, Plan: s.plan, Namespace: "shop",
		Sequence: 22, Commit: "0c1ffee", User: "ci",
	}
	failed := 0
	var errs []error
	for i, obj := range after.Objects {
		c := newChange(obj)
		switch {
		case s.fresh:
			c.Action = apply.Created
		case obj.GetKind() == "Service", obj.GetKind() == "Ingress":
			c.Action = apply.Unchanged
		default:
			c.Action, c.Before = apply.Configured, newChange(before.Objects[i]).Live
		}
		if obj.GetKind() == "Deployment" && failed < s.fails {
			failed++
			c.Action = apply.Undone
			c.Fields = []apply.FieldChange{{Path: ".spec.template.spec.containers[name=\"app\"].image", Old: "shop/any:21", New: "shop/any:22"}}
			c.Err = rolloutError(c)
		}
		errs = append(errs, c.Err)
		result.Changes = append(result.Changes, c)
	}
	o.Err = errors.Join(errs...)
	if s.plan {
		o.Verb = "plan"
	}
	return o
}

func newChange(obj *unstructured.Unstructured) apply.Change {
	annotations := obj.GetAnnotations()
	c := apply.Change{
		Ref: apply.Ref{
			APIVersion: obj.GetAPIVersion(), Kind: obj.GetKind(), Namespace: "shop", Name: obj.GetName(),
		},
		Source: annotations[layouts.SourceAnnotation], Set: obj.GetLabels()[layouts.SetLabel], Live: obj,
	}
	delete(annotations, layouts.SourceAnnotation)
	obj.SetAnnotations(annotations)
	return c
}

func rolloutError(c apply.Change) error {
	return &apply.ObjectError{Ref: c.Ref, Source: c.Source, Err: &apply.RolloutError{
		Progress: "Available: 1/2", Pods: []apply.PodFailure{{
			Pod: c.Name + "-5d9f", Container: c.Name, Reason: "CrashLoopBackOff", ExitCode: 1, More: 1,
			Log: []string{"listening on :5000", "\x1b[31mpanic:\x1b[0m dial tcp: lookup db: no such host"},
		}},
	}}
}

// tell returns the page of the run, which takes about half a minute.
func (s story) tell(t *testing.T) string {
	t.Helper()
	var page strings.Builder
	o := s.outcome(t)
	synctest.Test(t, func(t *testing.T) {
		r, err := report.New(report.Options{Out: io.Discard, Log: io.Discard, HTML: &page})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range o.Result.Changes {
			r.Event(apply.Event{Kind: apply.EventPlanned, Ref: c.Ref, Source: c.Source, Action: apply.NotTried})
		}
		if !s.plan {
			s.play(r, o.Result.Changes)
		}
		if err := r.End(o); err != nil {
			t.Errorf("End() error = %v", err)
		}
	})
	return page.String()
}

func (s story) play(r *report.Reporter, changes []apply.Change) {
	var rollouts []apply.Change
	for _, c := range changes {
		if c.Action == apply.Unchanged {
			continue
		}
		r.Event(apply.Event{Kind: apply.EventSent, Ref: c.Ref})
		time.Sleep(4 * time.Millisecond)
		r.Event(apply.Event{Kind: apply.EventApplied, Ref: c.Ref, Action: apply.Configured})
		if c.Kind == "Deployment" {
			rollouts = append(rollouts, c)
		}
	}
	for done := range 2 {
		for _, c := range rollouts {
			r.Event(apply.Event{
				Kind: apply.EventWaiting, Ref: c.Ref, Done: done, Total: 2,
				Message: fmt.Sprintf("Available: %d/2", done),
			})
		}
		time.Sleep(3 * time.Second)
	}
	for i, c := range rollouts {
		time.Sleep(20 * time.Second / time.Duration(len(rollouts)))
		if c.Err == nil {
			r.Event(apply.Event{Kind: apply.EventReady, Ref: c.Ref, Message: "Deployment is available. Replicas: 2"})
			continue
		}
		r.Event(apply.Event{Kind: apply.EventFailed, Ref: c.Ref, Err: c.Err})
		if i == s.fails-1 {
			time.Sleep(time.Second)
			for _, c := range rollouts[:s.fails] {
				r.Event(apply.Event{Kind: apply.EventUndone, Ref: c.Ref})
			}
		}
	}
}

// A node is an element of a page, or, without a name, text.
type node struct {
	name     string
	attrs    []xml.Attr
	data     string
	children []node
}

// parse reads the page, which is well-formed also as XML.
func parse(t *testing.T, page string) node {
	t.Helper()
	open := []node{{}}
	for decoder := xml.NewDecoder(strings.NewReader(page)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return open[0]
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		parent := &open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, node{name: token.Name.Local, attrs: slices.Clone(token.Attr)})
		case xml.CharData:
			parent.children = append(parent.children, node{data: string(token)})
		case xml.EndElement:
			above := &open[len(open)-2]
			above.children = append(above.children, *parent)
			open = open[:len(open)-1]
		}
	}
}

// all returns the elements of that name, in order.
func (n node) all(name string) []node {
	var out []node
	for _, child := range n.children {
		if child.name == name {
			out = append(out, child)
		}
		out = append(out, child.all(name)...)
	}
	return out
}

func (n node) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// text returns all of it, with a blank between elements.
func (n node) text() string {
	text := n.data
	for _, child := range n.children {
		text += " " + child.text()
	}
	return strings.Join(strings.Fields(text), " ")
}

// section returns the part of the page with that ID.
func (n node) section(t *testing.T, id string) node {
	t.Helper()
	for _, name := range []string{"section", "article", "div"} {
		for _, found := range n.all(name) {
			if found.attr("id") == id {
				return found
			}
		}
	}
	t.Fatalf("the page has no part %q", id)
	return node{}
}

func wantText(t *testing.T, what string, n node, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if got := n.text(); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%s", what, want, got)
		}
	}
}

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
		"- - image: shop/any:21", "+ - image: shop/any:22", "0.0s waiting: Available: 0/2",
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
	page := parse(t, pageOf(t, report.Outcome{
		Verb: "deploy", App: "a", Result: &slipway.Result{}, Err: errors.Join(broken, conflict),
	}))
	wantText(t, "failures", page.section(t, "failures"), "2 failures",
		`✗ a/s/one.yml:3:12 input "nam" is not set: set it in a vars.yml, or pass it as a value 3 | name: {{ nam }} | ^`)
	wantText(t, "routes", page.section(t, "routes"),
		"conflict: a.example.com/x: s leads it to s:80, t to t:80")
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

package apply

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A Diagnosis is what stands, or would stand, in the way of a deploy.
type Diagnosis struct {
	// Server is the cluster's address, Version its version, as "v1.37.2".
	Server  string `json:"server"`
	Version string `json:"version"`
	// Namespace is Options.Namespace; it may not be there.
	Namespace string `json:"namespace"`
	Missing   bool   `json:"missing,omitempty"`
	// Rights are what a deploy of the objects needs, sorted by resource.
	Rights []Right `json:"rights"`
	// Owners tell who owns the objects, in their order.
	Owners []Ownership `json:"owners"`
	// Problems are why an object could not be looked at: an [*ObjectError] each.
	Problems []error `json:"-"`
}

// A Right is to be allowed several verbs on a resource.
type Right struct {
	// Resource is as in "deployments.apps"; Namespace is empty for the whole cluster.
	Resource  string `json:"resource"`
	Namespace string `json:"namespace,omitempty"`
	// Allowed and Denied are the verbs that are, and are not.
	Allowed []string `json:"allowed,omitempty"`
	Denied  []string `json:"denied,omitempty"`
	// Without says what a deploy lacks where a verb is denied; empty if it fails.
	Without string `json:"without,omitempty"`

	kind resource
	sub  string
}

// An Ownership says who owns an object.
type Ownership struct {
	Ref
	// Source is the template and line.
	Source string `json:"source,omitempty"`
	// Present says that the object is on the cluster; the rest is empty if not.
	Present bool `json:"present"`
	// Set is the one that it is a member of; empty if Slipway has not deployed it.
	Set string `json:"set,omitempty"`
	// Managers are the field managers, sorted by name.
	Managers []Manager `json:"managers,omitempty"`
}

// A Manager owns fields of an object.
type Manager struct {
	Name string `json:"name"`
	// Time is when it last wrote; zero if not told.
	Time time.Time `json:"time,omitzero"`
	// Content are the top-level fields that it owns, or owns part of, less metadata and
	// status: what the object is. Controllers have none, as a rule.
	Content []string `json:"content,omitempty"`
	// Ours says that it is Options.FieldManager.
	Ours bool `json:"ours,omitempty"`
}

// Err returns what of the diagnosis makes a deploy fail: a [*NamespaceError], a
// [*ForbiddenError] for each right that it cannot do without, and the problems.
func (d *Diagnosis) Err() error {
	var errs []error
	if d.Missing {
		errs = append(errs, &NamespaceError{d.Namespace})
	}
	for _, r := range d.Rights {
		if len(r.Denied) > 0 && r.Without == "" {
			errs = append(errs, &ForbiddenError{
				strings.Join(r.Denied, ", "), r.Resource, r.Namespace, "the cluster's access rules say no",
			})
		}
	}
	return errors.Join(append(errs, d.Problems...)...)
}

// Foreign are the managers, other than ours, that own what the object is: a deploy that
// sets one of their fields to another value is a [*ConflictError], unless they are in
// Options.Adopt.
func (o Ownership) Foreign() []Manager {
	return slices.DeleteFunc(slices.Clone(o.Managers), func(m Manager) bool {
		return m.Ours || len(m.Content) == 0
	})
}

// Diagnose finds out what stands in the way of a deploy of objs, which may be none: if
// the cluster answers, if the namespace is there, what the user may do, and who owns the
// objects. It writes nothing but asks for access reviews. The error is why the cluster
// cannot be asked at all; everything else is in the Diagnosis.
func (a *Applier) Diagnose(ctx context.Context, objs []*unstructured.Unstructured) (*Diagnosis, error) {
	ctx = quiet(ctx)
	d := &Diagnosis{Server: a.server, Namespace: a.opts.Namespace}
	var err error
	if d.Version, err = a.version(ctx); err != nil {
		return nil, a.unlisted(place{}, err)
	}
	if d.Missing, err = a.lacksNamespace(ctx); err != nil {
		return nil, err
	}
	r := &run{Applier: a, dry: true, result: &Result{}, failed: failures{}}
	if err := r.prepare(ctx, objs); err != nil {
		return nil, err
	}
	var there []*item
	for _, it := range r.items {
		if it.change.Err != nil {
			d.Problems = append(d.Problems, it.change.Err)
			continue
		}
		there = append(there, it)
	}
	if err := a.review(ctx, d, there); err != nil {
		return nil, err
	}
	return d, a.findOwners(ctx, d, there)
}

func (a *Applier) version(ctx context.Context) (string, error) {
	return tryFor(ctx, a, func(ctx context.Context) (string, error) {
		text, err := a.core.Get().AbsPath("/version").DoRaw(ctx)
		if err != nil {
			return "", err
		}
		var info struct{ GitVersion string }
		err = json.Unmarshal(text, &info)
		return info.GitVersion, err
	})
}

// lacksNamespace reports whether the namespace is known not to be there.
func (a *Applier) lacksNamespace(ctx context.Context) (bool, error) {
	obj := &unstructured.Unstructured{}
	obj.SetAPIVersion("v1")
	obj.SetKind("Namespace")
	obj.SetName(a.opts.Namespace)
	live, err := a.Live(ctx, obj)
	if errors.As(err, new(*ForbiddenError)) {
		return false, nil
	}
	return live == nil, err
}

// usual are the kinds that a deploy is taken to need if none are given.
var usual = []schema.GroupVersionKind{
	{Group: "apps", Version: "v1", Kind: "Deployment"}, {Version: "v1", Kind: "Service"},
	{Version: "v1", Kind: "ConfigMap"}, ingressKind,
}

// rights are what a deploy of the items needs.
func (a *Applier) rights(items []*item) []Right {
	places := map[place]bool{}
	for _, it := range items {
		places[it.place()] = true
	}
	if len(items) == 0 {
		for _, kind := range usual {
			places[place{builtin[kind], a.opts.Namespace}] = true
		}
	}
	var out []Right
	add := func(p place, sub, without string, verbs ...string) {
		out = append(out, Right{
			Resource: p.resource.GroupResource().String() + sub, Namespace: p.namespace, Without: without,
			Denied: verbs, kind: p.resource, sub: strings.TrimPrefix(sub, "/"),
		})
	}
	delete(places, a.records())
	for p := range places {
		add(p, "", "", "get", "list", "watch", "create", "patch", "delete")
	}
	add(a.records(), "", "no history is kept", "get", "list", "create", "patch", "delete")
	for _, p := range slices.Collect(maps.Keys(a.workloads(items))) {
		const why = "a deploy does not say why a rollout fails"
		add(place{podResource, p}, "", why, "list", "watch")
		add(place{podResource, p}, "/log", why, "get")
		add(place{eventResource, p}, "", why, "list", "watch")
	}
	slices.SortFunc(out, func(x, y Right) int {
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Resource, y.Resource))
	})
	return out
}

// workloads are the namespaces in which pods come to be.
func (a *Applier) workloads(items []*item) map[string]bool {
	out := map[string]bool{}
	for _, it := range items {
		if slices.Contains(rolloutKinds, it.change.Kind) {
			out[it.obj.GetNamespace()] = true
		}
	}
	if len(items) == 0 {
		out[a.opts.Namespace] = true
	}
	return out
}

var reviewResource = schema.GroupVersionResource{
	Group: "authorization.k8s.io", Version: "v1", Resource: "selfsubjectaccessreviews",
}

// review fills in the Rights: one review for each verb.
func (a *Applier) review(ctx context.Context, d *Diagnosis, items []*item) error {
	type question struct {
		right *Right
		verb  string
		may   bool
		err   error
	}
	d.Rights = a.rights(items)
	var all []*question
	for i := range d.Rights {
		for _, verb := range d.Rights[i].Denied {
			all = append(all, &question{right: &d.Rights[i], verb: verb})
		}
		d.Rights[i].Denied = nil
	}
	parallel(ctx, a.opts.Concurrency, all, func(ctx context.Context, q *question) {
		q.may, q.err = a.may(ctx, q.right, q.verb)
	})
	for _, q := range all {
		switch {
		case q.err != nil:
			return a.unlisted(place{}, q.err)
		case q.may:
			q.right.Allowed = append(q.right.Allowed, q.verb)
		default:
			q.right.Denied = append(q.right.Denied, q.verb)
		}
	}
	return ended(ctx)
}

func (a *Applier) may(ctx context.Context, right *Right, verb string) (bool, error) {
	review := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "authorization.k8s.io/v1",
		"kind":       "SelfSubjectAccessReview",
		"spec": map[string]any{"resourceAttributes": map[string]any{
			"namespace": right.Namespace, "verb": verb, "group": right.kind.Group,
			"resource": right.kind.Resource, "subresource": right.sub,
		}},
	}}
	answer, err := tryFor(ctx, a, func(ctx context.Context) (*unstructured.Unstructured, error) {
		return a.client.Resource(reviewResource).Create(ctx, review, metav1.CreateOptions{})
	})
	if err != nil {
		return false, err
	}
	allowed, _, err := unstructured.NestedBool(answer.Object, "status", "allowed")
	return allowed, err
}

// findOwners fills in the Owners. What may not be read is among the Rights.
func (a *Applier) findOwners(ctx context.Context, d *Diagnosis, items []*item) error {
	var mu sync.Mutex
	owners := map[*item]Ownership{}
	var errs []error
	parallel(ctx, a.opts.Concurrency, items, func(ctx context.Context, it *item) {
		live, err := (&run{Applier: a}).get(ctx, it)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case apierrors.IsForbidden(err):
		case err != nil && !apierrors.IsNotFound(err):
			errs = append(errs, &ObjectError{
				Ref: it.change.Ref, Source: it.change.Source, Err: (&run{Applier: a}).explain(it, err),
			})
		default:
			owners[it] = a.ownership(it, live, err == nil)
		}
	})
	for _, it := range items {
		if owner, ok := owners[it]; ok {
			d.Owners = append(d.Owners, owner)
		}
	}
	d.Problems = append(d.Problems, errs...)
	return ended(ctx)
}

func (a *Applier) ownership(it *item, live *unstructured.Unstructured, present bool) Ownership {
	out := Ownership{Ref: it.change.Ref, Source: it.change.Source, Present: present}
	if !present {
		return out
	}
	out.Set = setOf(live)
	byName := map[string]*Manager{}
	for _, entry := range live.GetManagedFields() {
		m := byName[entry.Manager]
		if m == nil {
			m = &Manager{Name: entry.Manager, Ours: entry.Manager == a.opts.FieldManager}
			byName[entry.Manager] = m
		}
		if entry.Time != nil && entry.Time.After(m.Time) {
			m.Time = entry.Time.UTC()
		}
		if fields, ok := parseFields(entry); ok && entry.Subresource == "" {
			m.Content = append(m.Content, content(fields)...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		m := byName[name]
		slices.Sort(m.Content)
		m.Content = slices.Compact(m.Content)
		out.Managers = append(out.Managers, *m)
	}
	return out
}

// content returns what fields say of the object itself.
func content(fields fieldSet) []string {
	var out []string
	for name := range fields {
		field, ok := strings.CutPrefix(name, "f:")
		if ok && field != "metadata" && field != "status" {
			out = append(out, field)
		}
	}
	return out
}

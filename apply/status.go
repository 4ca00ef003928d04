package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	kstatus "github.com/fluxcd/cli-utils/pkg/kstatus/status"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// A Status is what the cluster has of a set.
type Status struct {
	// Set is its name, as [layouts.Set] makes it.
	Set string `json:"set"`
	// Newest is its newest revision; nil if none is recorded.
	Newest *Revision `json:"newest"`
	// Objects are its members, sorted by name.
	Objects []ObjectStatus `json:"objects"`
	// Routes are those that it has on the cluster, in the order of [ingress.Routes].
	Routes []ingress.Route `json:"routes,omitempty"`
}

// An ObjectStatus is how an object is.
type ObjectStatus struct {
	Ref
	// State is kstatus' word: Current when all is well, InProgress, Failed, Terminating
	// or Unknown. Message says more.
	State   string `json:"state"`
	Message string `json:"message,omitempty"`
	// Done and Total are as in an [Event].
	Done  int `json:"done,omitempty"`
	Total int `json:"total,omitempty"`
}

// Ready reports whether all objects of the set are as they are to be.
func (s *Status) Ready() bool {
	return !slices.ContainsFunc(s.Objects, func(o ObjectStatus) bool { return !o.Ready() })
}

// Ready reports whether the object is as it is to be.
func (o ObjectStatus) Ready() bool { return o.State == string(kstatus.CurrentStatus) }

// Sets returns the names of the app's sets that have a record in Options.Namespace,
// sorted; of all apps if app is empty. It takes the right to list Secrets there.
func (a *Applier) Sets(ctx context.Context, app string) ([]string, error) {
	p := a.records()
	list, err := tryFor(quiet(ctx), a, func(ctx context.Context) (*unstructured.UnstructuredList, error) {
		return a.in(p).List(ctx, metav1.ListOptions{LabelSelector: layouts.SetLabel})
	})
	if err != nil {
		return nil, a.unlisted(p, err)
	}
	var names []string
	for i := range list.Items {
		name := setOf(&list.Items[i])
		if isRecord(&list.Items[i]) && (app == "" || strings.HasPrefix(name, app+".")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// unlisted returns err as that of a LIST.
func (a *Applier) unlisted(p place, err error) error {
	return (&run{Applier: a}).unreadable(reading{place: p}, err)
}

// Status returns what the cluster has of a set, named as [layouts.Set] does, and how it
// is. It writes nothing. Of a set that is not there, it is empty.
func (a *Applier) Status(ctx context.Context, name string) (*Status, error) {
	r := &run{Applier: a, removal: true, dry: true, result: &Result{}, failed: failures{}}
	s := &set{name: name}
	r.sets = map[string]*set{name: s}
	ctx = quiet(ctx)
	if err := errors.Join(r.readSets(ctx), s.err, ended(ctx)); err != nil {
		return nil, err
	}
	if err := r.checkSeen(s); err != nil {
		return nil, err
	}
	out := &Status{Set: name}
	if len(s.revisions) > 0 {
		out.Newest = &s.revisions[0]
	}
	for _, it := range r.pruned {
		out.Objects = append(out.Objects, statusOf(it.live))
		if err := out.addRoutes(it.live, ""); err != nil {
			return nil, err
		}
	}
	return out, r.addShared(ctx, s, out)
}

func statusOf(obj *unstructured.Unstructured) ObjectStatus {
	out := ObjectStatus{Ref: refOf(obj), State: string(kstatus.UnknownStatus)}
	out.Done, out.Total = counts(obj)
	result, err := kstatus.Compute(obj)
	if err != nil {
		out.Message = printable(err.Error())
		return out
	}
	out.State, out.Message = string(result.Status), printable(result.Message)
	return out
}

// addShared adds the set's routes in the Ingresses that it shares with others.
func (r *run) addShared(ctx context.Context, s *set, out *Status) error {
	_, owner, _ := strings.Cut(s.name, ".")
	kind := builtin[ingressKind]
	for _, namespace := range r.namespacesOf(s) {
		p := place{kind, namespace}
		list, err := r.listSet(ctx, p, commonOf(s.name))
		if apierrors.IsForbidden(err) {
			continue // the objects can be seen all the same
		}
		if err != nil {
			return r.unlisted(p, err)
		}
		for i := range list.Items {
			if obj := &list.Items[i]; ingress.Shared(obj) && !ingress.Derived(obj) {
				if err := out.addRoutes(obj, owner); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// addRoutes adds the routes in obj of the owner, or of all if that is empty.
func (s *Status) addRoutes(obj *unstructured.Unstructured, owner string) error {
	if !ingress.Shared(obj) && !ingress.Claiming(obj) {
		return nil
	}
	found, err := ingress.Routes(obj)
	if err != nil {
		return fmt.Errorf("%s: %w", refOf(obj), err)
	}
	for _, route := range found {
		if cmp.Or(owner, route.Owner) == route.Owner {
			s.Routes = append(s.Routes, route)
		}
	}
	return nil
}

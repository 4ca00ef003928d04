package apply_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// check compares the cluster with the model.
func (c *chaos) check() {
	c.t.Helper()
	live, routes := c.liveIngress()
	members := c.liveMembers()
	var published []step
	for _, service := range c.services() {
		states := c.states(service)
		i := slices.IndexFunc(states, func(s step) bool { return s.route() == routes[service] })
		if i < 0 {
			c.t.Errorf("round %d: route of %s: %q, want that of one of %v", c.round, service, routes[service], states)
			continue
		}
		published = append(published, states[i])
		c.checkMembers(states, members[states[0].set()])
		delete(routes, service)
		delete(members, states[0].set())
	}
	if live != nil {
		delete(members, "shop."+layouts.Common) // its record
	}
	if len(routes)+len(members) > 0 {
		c.t.Errorf("round %d: on the cluster, but nobody's: routes %v, objects %v", c.round, routes, members)
	}
	if diff := cmp.Diff(c.wantIngress(published), live); diff != "" {
		c.t.Errorf("round %d: Ingress (-want +got):\n%s", c.round, diff)
	}
	if c.t.Failed() {
		c.t.FailNow()
	}
}

func (c *chaos) states(service string) []step {
	var states []step
	for _, w := range c.may[service] {
		states = append(states, step{service, w})
	}
	return states
}

// checkMembers checks the objects of a service that may be in one of several states, or
// between them: each object is as one state has it, and what all have is there.
func (c *chaos) checkMembers(states []step, live map[string]string) {
	c.t.Helper()
	missing := maps.Clone(c.membersOf(states[0]))
	unknown := maps.Clone(live)
	for _, s := range states {
		members := c.membersOf(s)
		maps.DeleteFunc(missing, func(name, _ string) bool { _, ok := members[name]; return !ok })
		maps.DeleteFunc(unknown, func(name, version string) bool {
			want, ok := members[name]
			return ok && want == version
		})
	}
	maps.DeleteFunc(missing, func(name, _ string) bool { _, ok := live[name]; return ok })
	if len(missing)+len(unknown) > 0 {
		c.t.Errorf("round %d: objects of %s: missing %v, not to be there, or not so: %v", c.round, states, missing, unknown)
	}
}

// membersOf returns step.members, which it keeps: most services are as they were.
func (c *chaos) membersOf(s step) map[string]string {
	if c.members[s] == nil {
		c.members[s] = s.members(c.t)
	}
	return c.members[s]
}

// checkRecord checks that the record of a service that has come or gone says so.
func (c *chaos) checkRecord(s step) {
	c.t.Helper()
	history, err := c.applier.History(testContext(c.t), s.set())
	if err != nil {
		c.t.Fatal(err)
	}
	got, want := map[string]string{}, s.members(c.t)
	if len(history) > 0 {
		got["Secret slipway."+s.set()] = ""
		for _, obj := range history[0].Objects {
			got[obj.GetKind()+" "+obj.GetName()] = label(s.set(), obj)
		}
	}
	for _, obj := range s.ingress(c.t) {
		want["Ingress "+obj.GetName()] = label(s.set(), obj)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Fatalf("round %d: record of %s (-want +got):\n%s", c.round, s, diff)
	}
}

// liveMembers returns what each set has on the cluster, as step.members does.
func (c *chaos) liveMembers() map[string]map[string]string {
	c.t.Helper()
	members := map[string]map[string]string{}
	for _, resource := range []string{"configmaps", "services", "secrets"} {
		list, err := client(c.t, c.cluster.Config, resource, "default").List(c.t.Context(),
			metav1.ListOptions{LabelSelector: layouts.SetLabel})
		if err != nil {
			c.t.Fatal(err)
		}
		for i := range list.Items {
			obj := &list.Items[i]
			set := obj.GetLabels()[layouts.SetLabel]
			if members[set] == nil {
				members[set] = map[string]string{}
			}
			members[set][obj.GetKind()+" "+obj.GetName()] = label(set, obj)
		}
	}
	return members
}

// liveIngress returns the app's Ingress, as publication does, and the route of each
// service in it, as step.route does.
func (c *chaos) liveIngress() (live map[string]any, routes map[string]string) {
	c.t.Helper()
	obj, err := client(c.t, c.cluster.Config, ingresses, "default").Get(c.t.Context(), "shop", getOptions)
	if apierrors.IsNotFound(err) {
		return publication(nil), nil
	}
	if err != nil {
		c.t.Fatal(err)
	}
	all, err := ingress.Routes(obj)
	if err != nil {
		c.t.Fatal(err)
	}
	routes = map[string]string{}
	for _, r := range all {
		routes[r.Owner] += fmt.Sprintf("%s → %s by %s", r.Path, r.Backend, r.Owner)
	}
	return publication(obj), routes
}

// publication returns what of an Ingress is ours.
func publication(obj *unstructured.Unstructured) map[string]any {
	if obj == nil {
		return nil
	}
	annotations := obj.GetAnnotations()
	delete(annotations, layouts.SourceAnnotation) // is not sent
	return map[string]any{
		"annotations": annotations, "labels": obj.GetLabels(), "spec": obj.Object["spec"],
	}
}

// wantIngress returns what the steps publish, as one pipeline of all would.
func (c *chaos) wantIngress(steps []step) map[string]any {
	c.t.Helper()
	var all *unstructured.Unstructured
	for _, s := range steps {
		if s.Wish.Version == 0 {
			continue
		}
		if c.published[s] == nil {
			c.published[s] = s.ingress(c.t)[0]
		}
		if all == nil {
			all = c.published[s].DeepCopy()
		}
		annotations := all.GetAnnotations()
		maps.Copy(annotations, c.published[s].GetAnnotations())
		all.SetAnnotations(annotations)
	}
	if all == nil {
		return publication(nil)
	}
	next, err := ingress.Recompose(nil, all)
	if err != nil {
		c.t.Fatal(err)
	}
	return publication(next.Object)
}

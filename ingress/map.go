package ingress

import (
	"encoding/json"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// A Map is where the routes of an app lead. [Draw] draws it.
type Map struct {
	Routes []MappedRoute `json:"routes"`
}

// A MappedRoute is a Route and what is known of its way. As JSON it is one flat
// object, the owner included.
type MappedRoute struct {
	Route
	// Port is the number of the Service's port that the Backend names; zero if
	// the Service or its port is not known.
	Port int32 `json:"port,omitempty"`
	// Workloads are those whose pods the Service selects, such as
	// "Deployment/home", sorted.
	Workloads []string `json:"workloads,omitempty"`
	// ShadowedBy is another route of the host that answers whatever this one
	// matches, by the specification as [Explain] reads it; empty if there is none.
	// It is as String tells it.
	ShadowedBy string `json:"shadowedBy,omitempty"`
}

// NewMap returns the map of routes, in their order, such as [Routes] and [Merge]
// return. objs are the app's: the Services that the routes lead to are looked for
// among them, and the workloads. Those in another namespace than the Ingress do not
// count. routes and objs are not changed.
func NewMap(routes []Route, objs []*unstructured.Unstructured) Map {
	near := besideIngress(objs)
	m := Map{Routes: make([]MappedRoute, len(routes))}
	for i, route := range routes {
		mapped := MappedRoute{Route: route, ShadowedBy: shadow(routes, i)}
		if service := serviceOf(near, route.Backend.Service); service != nil {
			mapped.Port = portOf(service, route.Backend.Port)
			mapped.Workloads = selected(near, service.Spec.Selector)
		}
		m.Routes[i] = mapped
	}
	return m
}

// MarshalJSON returns the flat form, with the owner, which fragments leave out.
func (r MappedRoute) MarshalJSON() ([]byte, error) {
	return json.Marshal(flatRoute{plainRoute(r), r.Owner, r.Commit})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *MappedRoute) UnmarshalJSON(data []byte) error {
	var flat flatRoute
	if err := json.Unmarshal(data, &flat); err != nil {
		return err
	}
	*r = MappedRoute(flat.plainRoute)
	r.Owner, r.Commit = flat.Owner, flat.Commit
	return nil
}

type (
	plainRoute MappedRoute // without the methods
	flatRoute  struct {
		plainRoute
		Owner  string `json:"owner"`
		Commit string `json:"commit,omitempty"`
	}
)

// besideIngress returns the objects that may be in the namespace of the Ingress
// among objs. An object without one is in that of the deploy.
func besideIngress(objs []*unstructured.Unstructured) []*unstructured.Unstructured {
	namespace := ""
	if i := slices.IndexFunc(objs, is); i >= 0 {
		namespace = objs[i].GetNamespace()
	}
	var near []*unstructured.Unstructured
	for _, obj := range objs {
		own := obj.GetNamespace()
		if own == namespace || own == "" || namespace == "" {
			near = append(near, obj)
		}
	}
	return near
}

// serviceOf returns the Service of that name; nil if it is not there, or makes no
// sense.
func serviceOf(objs []*unstructured.Unstructured, name string) *corev1.Service {
	for _, obj := range objs {
		if obj.GetKind() != "Service" || obj.GetAPIVersion() != "v1" || obj.GetName() != name {
			continue
		}
		var service corev1.Service
		err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &service)
		if err == nil {
			return &service
		}
	}
	return nil
}

func portOf(service *corev1.Service, port string) int32 {
	for _, p := range service.Spec.Ports {
		if p.Name == port || strconv.Itoa(int(p.Port)) == port {
			return p.Port
		}
	}
	return 0
}

// selected returns the workloads whose pods have all labels of the selector. None
// selects nothing.
func selected(objs []*unstructured.Unstructured, selector map[string]string) []string {
	var out []string
	for _, obj := range objs {
		labels := podLabels(obj)
		misses := len(selector) == 0 || labels == nil
		for name, want := range selector {
			have, ok := labels[name]
			misses = misses || !ok || have != want
		}
		if !misses {
			out = append(out, obj.GetKind()+"/"+obj.GetName())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// podLabels returns the labels of the pods that obj makes, or is.
func podLabels(obj *unstructured.Unstructured) map[string]string {
	if obj.GetKind() == "Pod" && obj.GetAPIVersion() == "v1" {
		return obj.GetLabels()
	}
	labels, _, _ := unstructured.NestedStringMap(obj.Object, "spec", "template", "metadata", "labels")
	return labels
}

// shadow returns the first of the others that answers whatever the i-th of the routes
// matches. One that leads to the same place for another owner is the same route.
func shadow(routes []Route, i int) string {
	route := routes[i]
	for j, other := range routes {
		order := compareMatches(other, route)
		if other.key() == route.key() && other.Backend == route.Backend || !covers(other, route) {
			continue
		}
		if order < 0 || order == 0 && j < i {
			return other.String()
		}
	}
	return ""
}

// covers reports whether other matches whatever the route does.
func covers(other, route Route) bool {
	return other.Host == route.Host && (!isExact(other) || isExact(route)) &&
		request{path: route.Path}.onPath(other)
}

package apply

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A Ref names an object.
type Ref struct{ APIVersion, Kind, Namespace, Name string }

// String returns "Deployment shop/home", or "Namespace shop" for what has no
// namespace.
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Kind + " " + r.Name
	}
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

func refOf(obj *unstructured.Unstructured) Ref {
	return Ref{obj.GetAPIVersion(), obj.GetKind(), obj.GetNamespace(), obj.GetName()}
}

// An Action is what was done to an object.
type Action string

// The actions of a Change.
const (
	NotTried   Action = "not tried"
	Created    Action = "created"
	Configured Action = "configured"
	Unchanged  Action = "unchanged"
	Deleted    Action = "deleted" // a shared Ingress that the last route left
	Failed     Action = "failed"
)

// A Change is what became of one object.
type Change struct {
	Ref
	// Source is the template and line, if the object carries one.
	Source string
	Action Action
	// Err is why the object Failed: an *ObjectError.
	Err error
	// Live is the object as the server has it now; nil if that is not known. It
	// may be a Secret.
	Live *unstructured.Unstructured
	// Notes are for people: what the server warned of, what was put back.
	Notes []string
}

// A Result is what a run did.
type Result struct {
	// Changes has one entry for each object, in the order in which they were
	// given.
	Changes []Change
	// Requests counts the requests that were sent, discovery included.
	Requests int
}

// Count returns how many objects ended with the action.
func (r *Result) Count(action Action) int {
	n := 0
	for _, c := range r.Changes {
		if c.Action == action {
			n++
		}
	}
	return n
}

// Changed reports whether the run changed the cluster.
func (r *Result) Changed() bool {
	return r.Count(Created)+r.Count(Configured)+r.Count(Deleted) > 0
}

// String sums up, as "2 created, 1 unchanged".
func (r *Result) String() string {
	var parts []string
	for _, action := range []Action{Created, Configured, Deleted, Unchanged, Failed, NotTried} {
		if n := r.Count(action); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, action))
		}
	}
	return strings.Join(parts, ", ")
}

func (r *Result) errs() []error {
	var errs []error
	for _, c := range r.Changes {
		if c.Err != nil {
			errs = append(errs, c.Err)
		}
	}
	return errs
}

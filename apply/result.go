package apply

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A Ref names an object.
type Ref struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

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

// An Action is what was done to an object, or, in a plan, what would be.
type Action string

// The actions of a Change.
const (
	NotTried   Action = "not tried"
	Created    Action = "created"
	Configured Action = "configured"
	Recreated  Action = "recreated" // deleted and created: see Options.Recreate
	Unchanged  Action = "unchanged"
	Deleted    Action = "deleted" // a shared Ingress that the last route left
	Pruned     Action = "pruned"  // deleted, since no template makes it, or its set is removed
	Kept       Action = "kept"    // to be pruned, but what it holds would be lost
	Undone     Action = "undone"  // as it was before the run, since the set failed
	Failed     Action = "failed"
)

// A Change is what became of one object, or, in a plan, what would.
type Change struct {
	Ref
	// Source is the template and line, if the object carries one.
	Source string
	// Set is the one that the object is a member of, "<app>.<service>"; empty if it is
	// nobody's.
	Set    string
	Action Action
	// Fields are those of ours that have another value than before, sorted by
	// path. They are told where the object was there and could be read.
	Fields []FieldChange
	// Adopted lists the managers whose fields were taken over.
	Adopted []Adoption
	// Err is why the object Failed: an *ObjectError.
	Err error
	// Live is the object as the server has it now, or would have it; nil if that is
	// not known. Where a plan cannot ask the server yet, it is what would be sent. It
	// may be a Secret.
	Live *unstructured.Unstructured
	// Before is the object as it was before it was changed; nil if it was not there,
	// could not be read, or was not changed. It may be a Secret: see [Change.Diff].
	Before *unstructured.Unstructured
	// Notes are for people: what the server warned of, what was put back.
	Notes []string

	item *item // for Undo
	made *item // for Diff: what was sent; nil if nothing was
}

// An Adoption is what taking over a manager's fields does.
type Adoption struct {
	Manager string
	// Dropped are the fields that the object no longer mentions and that the
	// adoption removes, sorted by path. New is the server's default, or nil if it
	// has none; where the default is what the manager had set, nothing is told.
	Dropped []FieldChange
}

// A Result is what a run did, or, from Plan, what it would do.
type Result struct {
	// Changes has one entry for each object, in the order in which they were
	// given, then one for each that is Pruned or Kept, sorted by name.
	Changes []Change
	// Requests counts the requests that were sent, discovery included.
	Requests int
	// Notes are for people and about the whole run.
	Notes []string
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

// changing are the actions that change the cluster.
var changing = []Action{Created, Configured, Recreated, Deleted, Pruned}

// Changed reports whether the run changed the cluster.
func (r *Result) Changed() bool {
	n := 0
	for _, action := range changing {
		n += r.Count(action)
	}
	return n > 0
}

// String sums up, as "2 created, 1 unchanged".
func (r *Result) String() string {
	var parts []string
	for _, action := range append(changing[:len(changing):len(changing)],
		Undone, Kept, Unchanged, Failed, NotTried) {
		if n := r.Count(action); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, action))
		}
	}
	return strings.Join(parts, ", ")
}

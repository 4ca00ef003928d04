package overlay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"

	"github.com/slipway-go/slipway/layouts"
)

const (
	// indexAnnotation holds an object's place among those rendered. Kustomize lets no
	// patch take away what begins like that.
	indexAnnotation = "internal.config.kubernetes.io/slipway-index"
)

// An input is the rendered objects as kustomize gets them.
type input struct {
	data []byte
	// names are those that objects have only in kustomize, by their places.
	names map[int]string
}

// encode writes the objects of app as documents. Kustomize wants each to have a name
// that no other of its kind has, so Ingresses get one.
func encode(app string, objs []*unstructured.Unstructured) (*input, error) {
	if len(objs) > maxObjects {
		return nil, fmt.Errorf("over %d objects, the bound of an overlay", maxObjects)
	}
	in := &input{names: map[int]string{}}
	var out bytes.Buffer
	in.name(app, objs)
	for i, obj := range objs {
		obj = obj.DeepCopy()
		if name, ok := in.names[i]; ok {
			obj.SetName(name)
		}
		annotations := obj.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		delete(annotations, layouts.LinesAnnotation)
		annotations[indexAnnotation] = strconv.Itoa(i)
		obj.SetAnnotations(annotations)
		data, err := json.Marshal(obj.Object)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "---\n%s\n", data)
		if out.Len() > maxInput {
			return nil, fmt.Errorf("the objects have over %d bytes (32 MiB)", maxInput)
		}
	}
	in.data = out.Bytes()
	return in, nil
}

// name gives a name to each Ingress that has none of its own. Which that is does not
// depend on the order of objs: common's come first, then those of services by name.
func (in *input) name(app string, objs []*unstructured.Unstructured) {
	var ingresses []int
	for i, obj := range objs {
		if obj.GetKind() == "Ingress" {
			ingresses = append(ingresses, i)
		}
	}
	service := func(i int) string {
		return strings.TrimPrefix(objs[i].GetLabels()[layouts.SetLabel], app+".")
	}
	place := func(i int) string { return strings.TrimPrefix(service(i), layouts.Common) } // its own is ""
	slices.SortStableFunc(ingresses, func(i, j int) int {
		return strings.Compare(place(i), place(j))
	})
	taken := map[[3]string]bool{}
	for _, i := range ingresses {
		obj := objs[i]
		id := [3]string{obj.GroupVersionKind().Group, obj.GetNamespace(), obj.GetName()}
		for n := 1; id[2] == "" || taken[id]; n++ {
			id[2] = strings.Trim(obj.GetName()+"."+service(i), ".")
			if n > 1 {
				id[2] += "." + strconv.Itoa(n)
			}
		}
		if taken[id] = true; id[2] != obj.GetName() {
			in.names[i] = id[2]
		}
	}
}

// decode returns what kustomize made: the rendered objects in their order, then those
// that were added.
func (a *application) decode(made resmap.ResMap) ([]*unstructured.Unstructured, error) {
	rendered := make([]*unstructured.Unstructured, len(a.objs))
	var added []*unstructured.Unstructured
	var errs problems
	tracer := a.newTracer()
	for _, r := range made.Resources() {
		obj, err := decode(r)
		if err != nil {
			errs = append(errs, a.mistyped(r, err))
			continue
		}
		i, err := strconv.Atoi(take(obj, indexAnnotation))
		if err != nil || i < 0 || i >= len(rendered) || rendered[i] != nil {
			if bad := a.own(tracer, obj); bad != nil {
				errs = append(errs, bad)
			}
			added = append(added, obj)
			continue
		}
		take(obj, sourceAnnotation)
		rendered[i] = a.restore(tracer, i, obj)
	}
	var out []*unstructured.Unstructured
	for _, obj := range rendered {
		if obj != nil { // not deleted by a patch
			out = append(out, obj)
		}
	}
	for _, obj := range added {
		if !a.opts.Partial || a.has(obj.GetLabels()[layouts.SetLabel]) {
			out = append(out, obj)
		}
	}
	return out, errs.err()
}

// mistyped returns the error of an object that cannot be read: a replacement, which puts texts
// where others were, keeps their types.
func (a *application) mistyped(r *resource.Resource, err error) *Error {
	text := strings.TrimPrefix(valuePattern.ReplaceAllString(err.Error(), "$1 …"), "yaml: ")
	err = fmt.Errorf("%s %s: %s", r.GetKind(), r.GetName(), text)
	for _, t := range slices.Backward(a.tree.order) {
		if t.fields["replacements"] == nil {
			continue
		}
		err = fmt.Errorf("%w: it is put where there is something else", err)
		for i, item := range items(value(t.root, "replacements")) {
			for _, target := range items(value(item, "targets")) {
				if kind := value(target, "select", "kind"); kind == nil || kind.Value == r.GetKind() {
					return spotOf(t.file, target).problem(fmt.Sprintf("replacements[%d]", i), err)
				}
			}
		}
		return a.tree.problem(t.file, "replacements", err)
	}
	return a.tree.problem(a.top, "", err)
}

func decode(r *resource.Resource) (*unstructured.Unstructured, error) {
	data, err := r.MarshalJSON()
	if err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	obj := &unstructured.Unstructured{}
	return obj, utiljson.Unmarshal(data, &obj.Object)
}

// take takes an annotation off obj and returns it.
func take(obj *unstructured.Unstructured, name string) string {
	annotations := obj.GetAnnotations()
	value := annotations[name]
	if delete(annotations, name); len(annotations) == 0 {
		annotations = nil
	}
	obj.SetAnnotations(annotations)
	return value
}

// restore gives a rendered object back what an overlay does not change.
func (a *application) restore(t *tracer, i int, obj *unstructured.Unstructured) *unstructured.Unstructured {
	was := a.objs[i]
	keepNumbers(was.Object, obj.Object)
	if name, ok := a.input.names[i]; ok {
		obj.SetName(strings.Replace(obj.GetName(), name, was.GetName(), 1))
		if was.GetName() == "" {
			unstructured.RemoveNestedField(obj.Object, "metadata", "name")
		}
	}
	if set, ok := was.GetLabels()[layouts.SetLabel]; ok {
		labels := obj.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels[layouts.SetLabel] = set
		obj.SetLabels(labels)
	}
	marks := map[string]string{}
	for _, name := range []string{layouts.SourceAnnotation, layouts.LinesAnnotation} {
		if value, ok := was.GetAnnotations()[name]; ok {
			marks[name] = value
		}
	}
	if fields := layouts.FieldsOf(marks); fields != nil {
		marks[layouts.LinesAnnotation] = t.trace(obj, before{
			source: marks[layouts.SourceAnnotation], content: was.Object, fields: fields,
			names: []string{a.input.names[i], was.GetName()},
		}).Annotation()
	}
	if len(marks) > 0 {
		annotate(obj, marks)
	}
	return obj
}

// keepNumbers returns is, with the integers of was that are there as what a float64
// can hold of them: a JSON patch rounds those of the whole object.
func keepNumbers(was, is any) any {
	switch was := was.(type) {
	case map[string]any:
		fields, _ := is.(map[string]any)
		for name, value := range fields {
			if before, ok := was[name]; ok {
				fields[name] = keepNumbers(before, value)
			}
		}
	case []any:
		items, _ := is.([]any)
		for i := range min(len(items), len(was)) {
			items[i] = keepNumbers(was[i], items[i])
		}
	case int64:
		if n, ok := is.(int64); ok && float64(n) == float64(was) || is == float64(was) {
			return was
		}
	}
	return is
}

func annotate(obj *unstructured.Unstructured, marks map[string]string) {
	annotations := obj.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	for name, value := range marks {
		annotations[name] = value
	}
	obj.SetAnnotations(annotations)
}

// own says whose an added object is, and where it comes from.
func (a *application) own(t *tracer, obj *unstructured.Unstructured) *Error {
	from, ok := a.tree.sourceOf(take(obj, sourceAnnotation))
	if !ok { // of a generator that is a plugin
		from.spot = spot{a.top, 1, 1}
	}
	marks := map[string]string{layouts.SourceAnnotation: fmt.Sprintf("%s:%d", from.file, from.line)}
	if t != nil && ok {
		marks[layouts.LinesAnnotation] = t.trace(obj, from.before()).Annotation()
	}
	annotate(obj, marks)
	labels := obj.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	common := layouts.Set(a.app.Name, layouts.Common)
	set, ok := labels[layouts.SetLabel]
	if !ok {
		set = common
	}
	labels[layouts.SetLabel] = set
	obj.SetLabels(labels)
	known := set == common
	for _, s := range a.app.Services {
		known = known || set == layouts.Set(a.app.Name, s.Name)
	}
	if known {
		return nil
	}
	if label := value(from.node, "metadata", "labels", layouts.SetLabel); label != nil {
		from.spot = spotOf(from.file, label)
	}
	return from.problem("", fmt.Errorf("%s %s: label %s is %q: want %s, or %s for one of the app's services",
		obj.GetKind(), obj.GetName(), layouts.SetLabel, set, common, layouts.Set(a.app.Name, "<service>")))
}

// has reports whether a set is common's, or has objects among those rendered.
func (a *application) has(set string) bool {
	if set == layouts.Set(a.app.Name, layouts.Common) {
		return true
	}
	for _, obj := range a.objs {
		if obj.GetLabels()[layouts.SetLabel] == set {
			return true
		}
	}
	return false
}

var stepPattern = regexp.MustCompile(`\[\d+\]|[^.\[\]]+`)

// field returns what stands at a path such as spec.ports[0].port.
func field(value any, at string) (any, bool) {
	for _, step := range stepPattern.FindAllString(at, -1) {
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(strings.Trim(step, "[]"))
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

package ingress

import (
	"cmp"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/slipway-go/slipway/layouts"
)

// MiddlewareKind is the kind by which Traefik 3 is told to strip. One with all prefixes
// is enough, and better than one for each: a chain of them would strip twice.
var MiddlewareKind = schema.GroupVersionKind{Group: "traefik.io", Version: "v1alpha1", Kind: "Middleware"}

const (
	middlewareSuffix = "-strip-prefix"
	// middlewaresAnnotation, on an Ingress, lists those that its requests go through, as
	// namespace-name@provider.
	middlewaresAnnotation = "traefik.ingress.kubernetes.io/router.middlewares"
	crdProvider           = "@kubernetescrd"
)

func isMiddleware(obj *unstructured.Unstructured) bool {
	return obj.GroupVersionKind().GroupKind() == MiddlewareKind.GroupKind()
}

// addMiddleware names the Ingress' own Middleware last among those in the annotation.
func addMiddleware(obj *unstructured.Unstructured, annotations map[string]string) {
	name := cmp.Or(obj.GetNamespace(), "default") + "-" + obj.GetName() + middlewareSuffix + crdProvider
	if others := annotations[middlewaresAnnotation]; others != "" {
		name = others + "," + name
	}
	annotations[middlewaresAnnotation] = name
}

// removeMiddleware takes it out, whatever the namespace was taken to be.
func removeMiddleware(ingress string, annotations map[string]string) {
	var names []string
	for name := range strings.SplitSeq(annotations[middlewaresAnnotation], ",") {
		if !strings.HasSuffix(name, "-"+ingress+middlewareSuffix+crdProvider) {
			names = append(names, name)
		}
	}
	annotations[middlewaresAnnotation] = strings.Join(names, ",")
	if len(names) == 0 || names[0] == "" {
		delete(annotations, middlewaresAnnotation)
	}
}

// middleware returns the Middleware of an Ingress whose routes reg has.
func middleware(ing *unstructured.Unstructured, reg registry) (*unstructured.Unstructured, error) {
	obj := &unstructured.Unstructured{Object: map[string]any{}}
	obj.SetGroupVersionKind(MiddlewareKind)
	obj.SetName(ing.GetName() + middlewareSuffix)
	obj.SetNamespace(ing.GetNamespace())
	set := layouts.SetLabel
	obj.SetLabels(map[string]string{set: ing.GetLabels()[set]})
	return obj, composeMiddleware(obj, reg)
}

// composeMiddleware fills in what follows from the fragments. It has no certificates.
func composeMiddleware(obj *unstructured.Unstructured, reg registry) error {
	reg = maps.Clone(reg)
	for owner, fragment := range reg {
		fragment.TLS = nil
		reg[owner] = fragment
	}
	annotations := withoutRegistry(obj.GetAnnotations())
	if err := reg.write(annotations); err != nil {
		return err
	}
	annotate(obj, annotations)
	var list []any
	for _, prefix := range prefixes(reg.routes()) {
		list = append(list, prefix)
	}
	return unstructured.SetNestedSlice(obj.Object, list, "spec", "stripPrefix", "prefixes")
}

// MiddlewareOf returns the Middleware that a live Ingress names for its owners, as far as
// it has to be known to be read; nil if none of these owners is stripped there.
func MiddlewareOf(live *unstructured.Unstructured, owners []string) (*unstructured.Unstructured, error) {
	b := bucketOf(live, nil)
	if b.dialect == nil || !b.dialect.middleware || !b.strips {
		return nil, nil
	}
	reg, err := readRegistry(live.GetAnnotations())
	if err != nil {
		return nil, err
	}
	theirs := registry{}
	for _, owner := range owners {
		theirs[owner] = reg[owner]
	}
	if !strips(theirs.routes()) {
		return nil, nil
	}
	return middleware(live, theirs)
}

// recomposeMiddleware is Recompose for a Middleware: fragments alone make it.
func recomposeMiddleware(live, mine *unstructured.Unstructured) (*Recomposition, error) {
	reg := registry{}
	if live != nil {
		var err error
		if reg, err = readRegistry(live.GetAnnotations()); err != nil {
			return nil, err
		}
	}
	fragments, err := readRegistry(mine.GetAnnotations())
	if err != nil {
		return nil, err
	}
	if reg, err = reg.replace(fragments); err != nil || len(reg.routes()) == 0 {
		return &Recomposition{}, err
	}
	obj := mine.DeepCopy()
	return &Recomposition{Object: obj, Routes: reg.routes()}, composeMiddleware(obj, reg)
}

package ingress

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A registry holds the fragments of an Ingress by owner.
type registry map[string]Fragment

// A RegistryError reports a slipway/routes annotation that this version cannot
// read. The Ingress is left alone: to overwrite it could lose routes.
type RegistryError struct {
	Annotation string
	Err        error
}

func (e *RegistryError) Error() string {
	return fmt.Sprintf("annotation %s: %v: restore it, or use the version of slipway that wrote it",
		e.Annotation, e.Err)
}

func (e *RegistryError) Unwrap() error { return e.Err }

func readRegistry(annotations map[string]string) (registry, error) {
	reg := registry{}
	for _, name := range slices.Sorted(maps.Keys(annotations)) {
		var err error
		owner, ok := strings.CutPrefix(name, AnnotationPrefix)
		switch {
		case ok:
			err = reg.read(owner, annotations[name])
		case name == packedAnnotation:
			err = reg.unpack(annotations[name])
		}
		if err != nil {
			return nil, &RegistryError{Annotation: name, Err: err}
		}
	}
	return reg, nil
}

func (reg registry) read(owner, text string) error {
	var f Fragment
	err := json.Unmarshal([]byte(text), &f)
	if err == nil {
		owner = cmp.Or(f.Owner, owner)
		f, err = checkFragment(f, owner)
	}
	reg[owner] = f
	return err
}

// checkFragment returns f as it is used: its routes with owner and source.
func checkFragment(f Fragment, owner string) (Fragment, error) {
	f.Owner = ""
	if f.Version != fragmentVersion {
		return f, fmt.Errorf("version %d of the format is not known here", f.Version)
	}
	for i, route := range f.Routes {
		r, err := newRoute(route.Host, route.v1())
		if err != nil {
			return f, err
		}
		r.Owner, r.Source, r.Strip = owner, cmp.Or(route.Source, f.Source), route.Strip
		f.Routes[i] = r
	}
	return f, nil
}

// write sets the annotations that hold reg: one for each owner, as people can read it,
// or, where these would come near what the API server allows, one for all.
func (reg registry) write(annotations map[string]string) error {
	plain := map[string]string{}
	size := 0
	for owner, fragment := range reg {
		name := keyOf(owner)
		if name != owner {
			fragment.Owner = owner
		}
		text, err := json.Marshal(fragment.stored())
		if err != nil {
			return err
		}
		plain[AnnotationPrefix+name] = string(text)
		size += len(AnnotationPrefix) + len(name) + len(text)
	}
	if size <= maxPlain {
		maps.Copy(annotations, plain)
		return nil
	}
	packed, err := reg.pack()
	annotations[packedAnnotation] = packed
	if err == nil && len(packed) > maxPacked {
		err = &TooManyRoutesError{Size: len(packed)}
	}
	return err
}

const (
	// packedAnnotation holds all fragments, as JSON by owner, compressed.
	packedAnnotation = "slipway/registry"
	// maxAnnotations is how many bytes the API server allows all annotations of an object.
	// Half of them are for fragments as people can read them: some 500 services. The
	// other half is for what else is annotated. Compressed, there is room for ten times
	// as many, in what then is the rest.
	maxAnnotations = 256 << 10
	maxPlain       = maxAnnotations / 2
	maxPacked      = maxAnnotations - 16<<10
)

// A TooManyRoutesError reports an app with more routes than an Ingress can keep account
// of. Size is that of the account, compressed, in bytes.
type TooManyRoutesError struct{ Size int }

func (e *TooManyRoutesError) Error() string {
	return fmt.Sprintf("the account of who owns which route takes %d bytes, and annotations may have %d: "+
		"make two apps of the services", e.Size, maxPacked)
}

// keyOf returns the part of the annotation's name that stands for the owner: the owner, or
// as much of it as there is room for, and a hash. An annotation's name has 63 bytes, as a
// service's has.
func keyOf(owner string) string {
	const room = 63 - len("routes.")
	if len(owner) <= room {
		return owner
	}
	sum := sha256.Sum256([]byte(owner))
	return fmt.Sprintf("%s-%x", owner[:room-9], sum[:4])
}

// stored returns the fragment as it is written: sources only where they differ.
func (f Fragment) stored() Fragment {
	f.Version = fragmentVersion
	f.Routes = slices.Clone(f.Routes)
	if slices.ContainsFunc(f.Routes, func(r Route) bool { return r.Source == "" }) {
		f.Source = "" // or that route would be read back with it
	}
	for i := range f.Routes {
		if f.Routes[i].Source == f.Source {
			f.Routes[i].Source = ""
		}
	}
	return f
}

// pack returns reg in one text; the same registry gives the same one.
func (reg registry) pack() (string, error) {
	stored := make(registry, len(reg))
	for owner, fragment := range reg {
		stored[owner] = fragment.stored()
	}
	text, err := json.Marshal(stored) // sorted by owner
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(text)
	if err == nil {
		err = w.Close()
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), err
}

func (reg registry) unpack(packed string) error {
	r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(packed)))
	if err != nil {
		return err
	}
	var stored registry
	if err := json.NewDecoder(io.LimitReader(r, maxUnpacked)).Decode(&stored); err != nil {
		return err
	}
	for owner, fragment := range stored {
		if reg[owner], err = checkFragment(fragment, owner); err != nil {
			return fmt.Errorf("%s: %w", owner, err)
		}
	}
	return nil
}

// maxUnpacked bounds, in bytes, what a registry may be unpacked to: whoever may write the
// annotation is not to be able to use up the memory of those that read it.
const maxUnpacked = 32 << 20

// tidy sorts the fragments' routes and takes out what one says twice.
func (reg registry) tidy() {
	for owner, f := range reg {
		sortRoutes(f.Routes)
		f.Routes = slices.CompactFunc(f.Routes, func(a, b Route) bool {
			return a.key() == b.key() && a.leadsLike(b)
		})
		reg[owner] = f
	}
}

// routes returns the routes of all owners, sorted; a shared one comes once for
// each of its owners.
func (reg registry) routes() []Route {
	var routes []Route
	for _, fragment := range reg {
		for _, route := range fragment.Routes {
			route.Commit = fragment.Commit
			routes = append(routes, route)
		}
	}
	sortRoutes(routes)
	return routes
}

// tls returns the certificates of all owners, grouped.
func (reg registry) tls() []TLS {
	var all []TLS
	for _, owner := range slices.Sorted(maps.Keys(reg)) {
		all = append(all, reg[owner].TLS...)
	}
	return groupTLS(all)
}

// withoutRegistry returns a copy of annotations without the fragments.
func withoutRegistry(annotations map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range annotations {
		if !isRegistry(name) {
			out[name] = value
		}
	}
	return out
}

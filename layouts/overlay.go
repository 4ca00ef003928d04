package layouts

import (
	"fmt"
	"path"
	"slices"
)

// kustomizations are the names that kustomize knows, any of which makes a directory
// of overlays/ an environment.
var kustomizations = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// Kustomization returns the file that kustomize starts from; nil if there is none.
// Of several, it is the first one.
func (o Overlay) Kustomization() *File {
	for _, f := range o.Files {
		dir, name := path.Split(f.Path)
		if path.Base(dir) == o.Name && path.Base(path.Dir(path.Clean(dir))) == overlaysDir &&
			slices.Contains(kustomizations, name) {
			return &f
		}
	}
	return nil
}

// Environment returns the overlay of that name. It has values, a kustomization, or
// both; another directory of overlays/ is not an environment, but may hold what
// several of them share. An unknown one yields an error matching [fs.ErrNotExist]
// that tells the known ones.
func (a *App) Environment(name string) (Overlay, error) {
	var have []string
	for _, o := range a.Overlays {
		if o.Vars == nil && o.Kustomization() == nil {
			continue
		}
		if o.Name == name {
			return o, nil
		}
		have = append(have, o.Name)
	}
	where := path.Join(a.Name, overlaysDir, name)
	if len(have) == 0 {
		return Overlay{}, &Error{where, notFoundError(fmt.Sprintf("no such environment: the app has none; "+
			"one is a directory of %s/%s/ with a vars.yml or a kustomization.yaml", a.Name, overlaysDir))}
	}
	return Overlay{}, &Error{where, missing("environment", name, have)}
}

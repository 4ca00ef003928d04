package ingress

import (
	"slices"

	"github.com/slipway-go/slipway/layouts"
)

// Taken names a route that is taken from its owner.
type Taken struct {
	From     string `json:"from"`
	Host     string `json:"host,omitempty"`
	PathType string `json:"type"`
	Path     string `json:"path"`
}

func (t Taken) key() key { return key{t.Host, t.PathType, t.Path} }

// take notes the routes that services take from others.
func (m *merger) take() {
	for owner, f := range m.registry {
		if owner == layouts.Common || len(m.opts.TakeFrom) == 0 {
			continue
		}
		f.Takes = nil
		for _, from := range m.opts.TakeFrom {
			for _, r := range f.Routes {
				if from != owner {
					f.Takes = append(f.Takes, Taken{from, r.Host, r.PathType, r.Path})
				}
			}
		}
		m.registry[owner] = f
	}
}

// takes returns the keys of the unmanaged routes that are taken over.
func (reg registry) takes() map[key]bool {
	keys := map[key]bool{}
	for _, fragment := range reg {
		for _, taken := range fragment.Takes {
			if taken.From == Unmanaged {
				keys[taken.key()] = true
			}
		}
	}
	return keys
}

// take takes a route out of its owner's fragment.
func (reg registry) take(taken Taken) {
	fragment, ok := reg[taken.From]
	if !ok {
		return
	}
	fragment.Routes = slices.DeleteFunc(slices.Clone(fragment.Routes), func(r Route) bool {
		return r.key() == taken.key()
	})
	reg[taken.From] = fragment
	if fragment.empty() {
		delete(reg, taken.From)
	}
}

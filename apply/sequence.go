package apply

import "github.com/slipway-go/slipway/ingress"

// superseded returns an error if a later build of the set than this one is recorded.
func (r *run) superseded(s *set) error {
	if !r.ordered(s) || s.sequence <= r.opts.Sequence {
		return nil
	}
	return &ingress.SupersededError{Owner: s.name, Live: s.sequence, Mine: r.opts.Sequence}
}

// ordered reports whether the run is a build of the set.
func (r *run) ordered(s *set) bool {
	return !r.removal && r.only == "" && s.name != commonOf(s.name)
}

package render

import (
	"errors"

	"github.com/slipway-go/slipway/layouts"
)

// A maskedError tells an error without what was encrypted.
type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string { return e.text }

func (e *maskedError) Unwrap() error { return e.err }

// masked masks what was encrypted in the errors that err joins, and returns err.
func (l *layers) masked(err error) error {
	secrets := l.secrets()
	if secrets == nil {
		return err
	}
	mask := layouts.Masker(secrets)
	for _, one := range flatten(err) {
		at := (*Error)(nil)
		if !errors.As(one, &at) {
			continue
		}
		if text := mask.Replace(at.Err.Error()); text != at.Err.Error() {
			at.Err = &maskedError{text, at.Err}
		}
	}
	return err
}

package slipway

import (
	"context"
	"errors"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/layouts"
)

// Rollback applies a recorded revision of a service, routes included; 0 means the
// one before the newest. See [apply.Applier.Rollback].
func (d *Deployer) Rollback(ctx context.Context, service string, number int) (*Result, error) {
	result := &Result{}
	applier, err := d.applier()
	if err != nil {
		return result, err
	}
	applied, err := applier.Rollback(ctx, layouts.Set(d.App, service), number)
	result.Result = *applied
	return result, errors.Join(err, result.readRoutes())
}

// History returns the recorded revisions of a service, newest first.
func (d *Deployer) History(ctx context.Context, service string) ([]apply.Revision, error) {
	applier, err := d.applier()
	if err != nil {
		return nil, err
	}
	return applier.History(ctx, layouts.Set(d.App, service))
}

// Remove takes a service off the cluster: its routes, then, after Apply.Drain, its
// objects, then its record. It needs no Root: the service's directory may be gone. See
// [apply.Applier.Remove].
func (d *Deployer) Remove(ctx context.Context, service string) (*Result, error) {
	result := &Result{}
	applier, err := d.applier()
	if err != nil {
		return result, err
	}
	applied, err := applier.Remove(ctx, layouts.Set(d.App, service))
	result.Result = *applied
	return result, errors.Join(err, result.readRoutes())
}

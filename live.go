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
	return d.live(func(a *apply.Applier) (*apply.Result, error) {
		return a.Rollback(ctx, layouts.Set(d.App, service), number)
	})
}

// PlanRollback returns what Rollback would do, and changes nothing. See
// [apply.Applier.PlanRollback].
func (d *Deployer) PlanRollback(ctx context.Context, service string, number int) (*Result, error) {
	return d.live(func(a *apply.Applier) (*apply.Result, error) {
		return a.PlanRollback(ctx, layouts.Set(d.App, service), number)
	})
}

// live makes the Result of what is done without a tree.
func (d *Deployer) live(do func(*apply.Applier) (*apply.Result, error)) (*Result, error) {
	result := &Result{}
	applier, err := d.applier()
	if err != nil {
		return result, err
	}
	applied, err := do(applier)
	result.Result = *applied
	return result, errors.Join(err, result.readRoutes())
}

// Revision returns a recorded revision of a service; 0 means the one before the newest.
// See [apply.Applier.Revision].
func (d *Deployer) Revision(ctx context.Context, service string, number int) (apply.Revision, error) {
	applier, err := d.applier()
	if err != nil {
		return apply.Revision{}, err
	}
	return applier.Revision(ctx, layouts.Set(d.App, service), number)
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
	return d.live(func(a *apply.Applier) (*apply.Result, error) {
		return a.Remove(ctx, layouts.Set(d.App, service))
	})
}

// Status returns what the cluster has of the services, sorted by name: of all that were
// deployed into the namespace if none are selected. It needs no Root. See
// [apply.Applier.Status].
func (d *Deployer) Status(ctx context.Context) ([]*apply.Status, error) {
	applier, err := d.applier()
	if err != nil {
		return nil, err
	}
	var sets []string
	for _, service := range d.Services {
		sets = append(sets, layouts.Set(d.App, service))
	}
	if len(sets) == 0 {
		if sets, err = applier.Sets(ctx, d.App); err != nil {
			return nil, err
		}
	}
	var all []*apply.Status
	var errs []error
	for _, set := range sets {
		status, err := applier.Status(ctx, set)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, status)
	}
	return all, errors.Join(errs...)
}

// Diagnose finds out what stands in the way of a deploy; see [apply.Applier.Diagnose].
// Without a Root it is asked about no objects.
func (d *Deployer) Diagnose(ctx context.Context) (*apply.Diagnosis, error) {
	applier, err := d.applier()
	if err != nil {
		return nil, err
	}
	if d.Root == nil {
		return applier.Diagnose(ctx, nil)
	}
	merged, err := d.Render(ctx)
	if err != nil {
		return nil, err
	}
	return applier.Diagnose(ctx, merged.Objects)
}

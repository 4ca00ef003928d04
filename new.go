package slipway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// NewService returns the files of a new service of the app, which deploy as they are; see
// [layouts.Skeleton]. The app may be new, too. route is the path that leads to the service;
// empty means its name. Nothing is written.
//
// Where common/each makes the service's Kubernetes Service, the templates are rendered to
// find its port.
func (d *Deployer) NewService(ctx context.Context, service, route string) ([]layouts.File, error) {
	if d.Root == nil {
		return nil, errNoRoot
	}
	app, err := layouts.Load(d.Root, d.App)
	switch {
	case app == nil && errors.Is(err, fs.ErrNotExist):
		app = &layouts.App{Name: d.App}
	case err != nil && !errors.Is(err, layouts.ErrNoServices):
		return nil, err
	}
	skeleton := layouts.Skeleton{App: app, Service: service, Path: route}
	if _, err := skeleton.Files(); err != nil {
		return nil, err
	}
	makesService := func(f layouts.File) bool { return f.Stem() == "service" }
	if slices.ContainsFunc(app.Each, makesService) {
		if skeleton.Backend, skeleton.Port, err = d.backend(ctx, app, service); err != nil {
			return nil, err
		}
	}
	return skeleton.Files()
}

// backend returns the Kubernetes Service that common/each makes for a new service, and
// its first port.
func (d *Deployer) backend(ctx context.Context, app *layouts.App, service string,
) (name, port string, err error) {
	with := *app
	with.Services = append(slices.Clone(app.Services), layouts.Directory{Name: service})
	values := map[string]any{"image_id": "any"} // a port does not depend on it
	maps.Copy(values, d.Values)
	objs, err := render.App(ctx, &with, render.Options{
		Services: []string{service}, Environment: d.Environment, Values: values,
	})
	if err != nil {
		return "", "", err
	}
	for _, obj := range objs {
		if obj.GetKind() != "Service" || obj.GetAPIVersion() != "v1" {
			continue
		}
		ports, _, _ := unstructured.NestedSlice(obj.Object, "spec", "ports")
		for _, one := range ports {
			p, _ := one.(map[string]any)
			if name, ok := p["name"].(string); ok {
				return obj.GetName(), name, nil
			}
			if number, ok := p["port"]; ok {
				return obj.GetName(), fmt.Sprint(number), nil
			}
		}
	}
	return "", "", nil
}
